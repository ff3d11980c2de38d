using Microsoft.ML.Conformer.Data.Decoding;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Decoding;

[TestClass]
public sealed class Png16Tests
{
    private const int Width = 13, Height = 11;

    [TestMethod]
    [DataRow(12, 1)]
    [DataRow(14, 1)]
    [DataRow(16, 1)]
    [DataRow(12, 3)]
    [DataRow(14, 3)]
    [DataRow(16, 3)]
    public void ValuesAreScaledByTheBitsThatAreUsed(int bits, int channels)
    {
        var values = Values(bits, channels);
        for (byte filter = 0; filter <= 4; filter++)
        {
            var image = Decode(PngBytes.Sixteen(Width, Height, values, filter));

            for (var i = 0; i < Width * Height * 3; i++)
                Assert.AreEqual(values[channels == 1 ? i / 3 : i] >> (bits - 8), image.Pixels[i], $"filter {filter}, value {i}");
        }
    }

    [TestMethod]
    public void TheFullRangeIsAsSkiaHasIt()
    {
        var image = Decode(PngBytes.Sixteen(Width, Height, Values(16, 3), filter: 4));

        Assert.AreEqual(255, image.Pixels.Max());
    }

    [TestMethod]
    public void TwelveBitImagesOfTheReportsAreNoLongerBlack()
    {
        var folder = Path.Combine(SharedData.FolderOrInconclusive("reports"), "gray16-12bit");
        foreach (var file in Directory.GetFiles(folder, "*.png", SearchOption.AllDirectories))
            Assert.IsFalse(Decode(File.ReadAllBytes(file)).IsDull(), file);
    }

    private static RgbImage Decode(byte[] file)
    {
        using var image = new EncodedImage(file, new());
        return image.Decode();
    }

    /// <summary>Values that have the highest bit somewhere.</summary>
    private static ushort[] Values(int bits, int channels) =>
        [.. Enumerable.Range(0, Width * Height * channels).Select(i => (ushort)((i == 7 ? -1 : 7919 * i) & ((1 << bits) - 1)))];
}
