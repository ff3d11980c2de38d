using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection.Images;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>Photos are resized as detectors' training resizes them.</summary>
[TestClass]
public sealed class LinearResizeTests
{
    [TestMethod]
    [DataRow(37, 53, 80, 111)]
    [DataRow(80, 111, 37, 53)]
    [DataRow(40, 60, 20, 30)]
    [DataRow(5, 7, 1, 200)]
    [DataRow(1, 1, 4, 3)]
    public void ItIsBilinearInterpolationRoundedToBytes(int height, int width, int newHeight, int newWidth)
    {
        var photo = new RgbImage(width, height, Formula.Rgb(0, height, width));

        var resized = LinearResize.Apply(photo, newHeight, newWidth);

        Assert.AreEqual((newHeight, newWidth), (resized.Height, resized.Width));
        for (var channel = 0; channel < 3; channel++)
        {
            float[] map = [.. Enumerable.Range(0, height * width).Select(pixel => (float)photo.Pixels[pixel * 3 + channel])];
            var exact = new float[newHeight * newWidth];
            BilinearResize.Apply(map, height, width, exact, newHeight, newWidth);
            Assert.AreClose(
                exact, Enumerable.Range(0, exact.Length).Select(pixel => (float)resized.Pixels[pixel * 3 + channel]), 1,
                $"channel {channel}");
        }
    }

    [TestMethod]
    public void APhotoOfTheRightSizeStaysAsItIs()
    {
        var photo = new RgbImage(7, 5, Formula.Rgb(0, 5, 7));

        Assert.AreSame(photo, LinearResize.Apply(photo, 5, 7));
    }

    [TestMethod]
    [DataRow((byte)0)]
    [DataRow((byte)200)]
    [DataRow((byte)255)]
    public void APlainColorStaysThatColor(byte level)
    {
        var pixels = new byte[9 * 11 * 3];
        Array.Fill(pixels, level);

        var resized = LinearResize.Apply(new RgbImage(11, 9, pixels), 23, 31);

        CollectionAssert.AreEqual(Enumerable.Repeat(level, 23 * 31 * 3).ToArray(), resized.Pixels);
    }
}
