using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>The network's input of one image, in one step.</summary>
internal static class PreprocessedImage
{
    /// <summary>Center crop and normalization: [S, S, 3] or [3, S, S].</summary>
    public static void Preprocess(this ImagePreprocessor preprocessor, RgbImage image, Span<float> destination, PixelLayout layout)
    {
        var crop = new byte[preprocessor.ByteCount];
        preprocessor.CenterCrop(image, crop);
        preprocessor.Normalize(crop, destination, layout);
    }
}
