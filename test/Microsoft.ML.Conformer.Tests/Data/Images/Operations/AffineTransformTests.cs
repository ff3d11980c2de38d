using System.Security.Cryptography;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Images.Operations;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Data.Images.Operations;

[TestClass]
public sealed class AffineTransformTests
{
    private static readonly RgbColor _black = new(0, 0, 0);

    public static IEnumerable<object?[]> RotationFiles => GoldenFiles.OfKind("rotation").Cases();

    /// <summary>
    /// The file's tensors, which torchvision rotates otherwise than bytes, are left out: a network's input is rotated before it is
    /// normalized.
    /// </summary>
    [TestMethod]
    [DynamicData(nameof(RotationFiles))]
    public void RotationsAreTorchvisionsOfPillowImages(string? file)
    {
        foreach (var image in GoldenFiles.Read(file).GetProperty("images").EnumerateArray())
        {
            var (width, height) = (image.GetProperty("width").GetInt32(), image.GetProperty("height").GetInt32());
            var pixels = Formula.Rgb(int.Parse(image.GetProperty("byte_image").GetString()!["rgb".Length..]), height, width);
            foreach (var @case in image.GetProperty("cases").EnumerateArray())
                foreach (var filter in Enum.GetValues<AffineFilter>())
                {
                    var rotated = Rotated(pixels, width, height, @case.GetProperty("angle").GetDouble(), filter);

                    var (what, expected) = ($"{filter}, {@case.GetProperty("angle")} degrees", @case.GetProperty(
                        filter == AffineFilter.Bilinear ? "pil_bilinear" : "pil_bicubic"));
                    Assert.AreEqual(expected.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(rotated)), what);
                }
        }
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 2)]
    [DataRow(7, 7)]
    [DataRow(224, 224)]
    [DataRow(7, 4)]
    public void QuarterTurnsMovePixelsAndChangeNone(int width, int height)
    {
        var pixels = FormulaImage.Rgb(width, height).Pixels;
        int[] angles = width == height ? [0, 90, 180, 270, 360, -90] : [0, 180, -180];
        foreach (var angle in angles)
            foreach (var filter in Enum.GetValues<AffineFilter>())
            {
                var expected = new byte[pixels.Length];
                for (var y = 0; y < height; y++)
                    for (var x = 0; x < width; x++)
                    {
                        var (fromX, fromY) = ((angle + 360) % 360) switch
                        {
                            90 => (width - 1 - y, x),
                            180 => (width - 1 - x, height - 1 - y),
                            270 => (y, height - 1 - x),
                            _ => (x, y),
                        };
                        pixels.AsSpan((fromY * width + fromX) * 3, 3).CopyTo(expected.AsSpan((y * width + x) * 3));
                    }

                CollectionAssert.AreEqual(expected, Rotated(pixels, width, height, angle, filter), $"{filter}, {angle} degrees");
            }
    }

    private static byte[] Rotated(byte[] pixels, int width, int height, double angle, AffineFilter filter)
    {
        var rotated = pixels.ToArray();
        AffineTransform.Rotation(angle, width, height).Apply(new PixelSpan(rotated, width, height), _black, filter);
        return rotated;
    }
}
