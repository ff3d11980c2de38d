using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>A row that tells when its image is read, which is when scoring asks for it.</summary>
internal sealed class CountedPhoto
{
    private readonly Photo _photo;
    private readonly Action<int> _onRead;

    /// <summary>For ML.NET, which never makes one.</summary>
    public CountedPhoto() => (_photo, _onRead) = (new Photo(), _ => { });

    public CountedPhoto(Photo photo, Action<int> onRead) => (_photo, _onRead) = (photo, onRead);

    [ImageType(Photo.Side, Photo.Side)]
    public MLImage? Image
    {
        get
        {
            _onRead(_photo.Number);
            return _photo.Image;
        }

        set => _photo.Image = value;
    }

    public int Number
    {
        get => _photo.Number;
        set => _photo.Number = value;
    }
}
