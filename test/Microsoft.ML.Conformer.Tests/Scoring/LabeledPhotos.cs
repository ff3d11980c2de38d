using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>A photo whose class is a key without a value.</summary>
internal sealed class KeyedPhoto
{
    [ImageType(Photo.Side, Photo.Side)]
    public MLImage? Image { get; set; }

    [KeyType(3)]
    public uint Label { get; set; }
}

/// <summary>A photo whose class is a number.</summary>
internal sealed class NumberedPhoto
{
    [ImageType(Photo.Side, Photo.Side)]
    public MLImage? Image { get; set; }

    public int Label { get; set; }
}
