using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

[TestClass]
public sealed class RgbImageTests
{
    [TestMethod]
    [DataRow(MLPixelFormat.Rgba32)]
    [DataRow(MLPixelFormat.Bgra32)]
    public void CopiesColorsInEitherByteOrder(MLPixelFormat format)
    {
        // Widths around those of the vectors that copy the pixels.
        for (var width = 1; width < 20; width++)
        {
            using var image = FormulaImage.MLImage(width, 3, format: format);

            var copy = RgbImage.FromMLImage(image);

            Assert.AreEqual((width, 3), (copy.Width, copy.Height));
            CollectionAssert.AreEqual(FormulaImage.Rgb(width, 3).Pixels, copy.Pixels, $"width {width}");
        }
    }

    [TestMethod]
    public void TransparentPixelsLieOnBlack()
    {
        // ML.NET's colors are premultiplied: half-transparent white has the color 128.
        using var image = MLImage.CreateFromPixels(2, 1, MLPixelFormat.Rgba32, [0, 0, 0, 0, 128, 128, 128, 128]);

        CollectionAssert.AreEqual(new byte[] { 0, 0, 0, 128, 128, 128 }, RgbImage.FromMLImage(image).Pixels);
    }

    [TestMethod]
    public void ADisposedImageIsAnError()
    {
        var image = FormulaImage.MLImage(4, 4);
        image.Dispose();

        Assert.ThrowsExactly<InvalidOperationException>(() => RgbImage.FromMLImage(image));
    }

    [TestMethod]
    public void RefusesAnArrayThatIsTooShort() =>
        Assert.ThrowsExactly<ArgumentException>(() => new RgbImage(2, 2, new byte[11]));
}
