using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Image;

/// <summary>Makes a member of type <see cref="MLImage"/> an image column.</summary>
public sealed class ImageTypeAttribute : DataViewTypeAttribute
{
    private readonly int _height;
    private readonly int _width;

    /// <summary>For images of any size; but columns cannot be made from a class with it: give sizes, of which any do.</summary>
    public ImageTypeAttribute()
    {
    }

    /// <param name="height">In pixels.</param>
    /// <param name="width">In pixels.</param>
    public ImageTypeAttribute(int height, int width)
    {
        Contracts.CheckParam(width > 0, nameof(width), "Should be positive number");
        Contracts.CheckParam(height > 0, nameof(height), "Should be positive number");
        _height = height;
        _width = width;
    }

    public override bool Equals(DataViewTypeAttribute other) =>
        other is ImageTypeAttribute image && image._height == _height && image._width == _width;

    public override int GetHashCode() => HashCode.Combine(_height, _width);

    public override void Register() => DataViewTypeManager.Register(new ImageDataViewType(_height, _width), typeof(MLImage), this);
}
