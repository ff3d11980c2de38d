using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace HostileModel;

internal sealed class Photo
{
    private const int Side = 32;

    [ImageType(Side, Side)]
    public required MLImage Image { get; init; }

    /// <summary>The same noise each time.</summary>
    public static Photo Make()
    {
        var pixels = new byte[Side * Side * 4];
        new Random(1).NextBytes(pixels);
        for (var i = 3; i < pixels.Length; i += 4)
            pixels[i] = 255;
        return new Photo { Image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels) };
    }
}
