using System.Text;
using Microsoft.ML.Conformer.Data.Decoding;
using Microsoft.ML.Conformer.Tests.Data.Images;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Data.Decoding;

[TestClass]
public sealed class ImageOrientationTests
{
    private const int Width = 24, Height = 16;

    public static IEnumerable<object[]> Orientations => Enumerable.Range(1, 8).Select(orientation => new object[] { orientation });

    [TestMethod]
    [DynamicData(nameof(Orientations))]
    public void APngComesUpright(int orientation)
    {
        var upright = FormulaImage.Rgb(Width, Height);
        var stored = OrientedImage.Stored(Width, Height, upright.Pixels, orientation);
        var plain = ImageFileBytes.Encode(stored.Width, stored.Height, stored.Pixels, ".png");
        byte[][] files =
        [
            OrientedImage.Png(Width, Height, upright.Pixels, orientation),
            OrientedImage.WithPngChunk(plain, "eXIf", OrientedImage.Exif(orientation, isLittle: false)),
            OrientedImage.WithPngChunk(
                plain, "tEXt", [.. "Raw profile type exif\0"u8, .. Encoding.ASCII.GetBytes(RawProfile(orientation))]),
        ];

        foreach (var file in files)
        {
            using var image = new EncodedImage(file, new());
            Assert.AreEqual((Width, Height), image.Size);
            CollectionAssert.AreEqual(upright.Pixels, image.Decode().Pixels);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Orientations))]
    public void AJpegComesUpright(int orientation)
    {
        var pixels = new byte[Width * Height * 3];
        for (var i = 0; i < pixels.Length; i++) // smooth, so that JPEG keeps it
            pixels[i] = (byte)(i % 3 == 0 ? 10 * (i / 3 % Width) : i % 3 == 1 ? 15 * (i / 3 / Width) : 100);
        var stored = OrientedImage.Stored(Width, Height, pixels, orientation);
        var plain = ImageFileBytes.Encode(stored.Width, stored.Height, stored.Pixels, ".jpg");
        byte[] exif = [.. "Exif\0\0"u8, .. OrientedImage.Exif(orientation, isLittle: false)];
        byte[] file = [.. plain[..2], 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. plain[2..]];
        using var image = new EncodedImage(file, new());

        var decoded = image.Decode();

        Assert.AreEqual((Width, Height), (decoded.Width, decoded.Height));
        for (var i = 0; i < pixels.Length; i++)
            Assert.AreEqual(pixels[i], decoded.Pixels[i], 24, $"{i}");
    }

    [TestMethod]
    public void BrokenExifIsNoOrientation()
    {
        var plain = ImageFileBytes.Encode(Width, Height, FormulaImage.Rgb(Width, Height).Pixels, ".png");
        var exif = OrientedImage.Exif(6, isLittle: true);
        for (var length = 0; length < exif.Length - 6; length++)
            AssertNone("eXIf", exif[..length]);
        exif[4] = 0xFF; // the directory's place
        AssertNone("eXIf", exif);
        AssertNone("tEXt", [.. "Raw profile type exif\0no digits"u8]);
        AssertNone("zTXt", [.. "Raw profile type exif\0\0nothing"u8]);

        void AssertNone(string type, byte[] data)
        {
            using var image = new EncodedImage(OrientedImage.WithPngChunk(plain, type, data), new());
            Assert.AreEqual(SKEncodedOrigin.TopLeft, image.Orientation, $"{data.Length} bytes");
        }
    }

    private static string RawProfile(int orientation)
    {
        byte[] exif = [.. "Exif\0\0"u8, .. OrientedImage.Exif(orientation, isLittle: true)];
        return $"\nexif\n      {exif.Length}\n{Convert.ToHexStringLower(exif).Insert(10, "\n")}\n";
    }
}
