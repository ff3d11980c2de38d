using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Onnx.Sessions;

[TestClass]
public sealed class NetworkInputTests
{
    private const int Size = 16;

    [TestMethod]
    public void EachKindOfInputHoldsTheSameCropInItsOwnLayout()
    {
        var image = FormulaImage.Rgb(24, 20, 4);
        var crop = new byte[Size * Size * 3];
        new ImagePreprocessor(Size, new()).CenterCrop(image, crop);
        var normalized = new float[crop.Length];
        new ImagePreprocessor(Size, new()).Preprocess(image, normalized, PixelLayout.Nchw);

        CollectionAssert.AreEqual(normalized, Write(OnnxInputKind.NormalizedNchw, image));
        CollectionAssert.AreEqual(crop.Select(value => (float)value).ToArray(), Write(OnnxInputKind.PixelsNhwc, image));
        var planes = Enumerable.Range(0, 3).SelectMany(channel => crop.Where((_, i) => i % 3 == channel)).Select(value => (float)value);
        CollectionAssert.AreEqual(planes.ToArray(), Write(OnnxInputKind.PixelsNchw, image));
    }

    [TestMethod]
    [DataRow("NormalizedNchw")]
    [DataRow("PixelsNchw")]
    [DataRow("PixelsNhwc")]
    public void MirroringGivesTheInputOfTheMirroredImages(string name)
    {
        var kind = Enum.Parse<OnnxInputKind>(name);
        var (first, second) = (FormulaImage.Rgb(Size, Size, 1), FormulaImage.Rgb(Size, Size, 2));
        float[] images = [.. Write(kind, first), .. Write(kind, second)];
        float[] expected = [.. Write(kind, Mirrored(first)), .. Write(kind, Mirrored(second))];

        new NetworkInput(Size, new(), kind).Mirror(images);

        CollectionAssert.AreEqual(expected, images);
    }

    private static float[] Write(OnnxInputKind kind, RgbImage image)
    {
        var input = new NetworkInput(Size, new(), kind);
        var values = new float[input.Length];
        input.Write(image, values);
        return values;
    }

    private static RgbImage Mirrored(RgbImage image)
    {
        var rows = image.Pixels.Take(image.Width * image.Height * 3).Chunk(3).Chunk(image.Width);
        return new RgbImage(image.Width, image.Height, [.. rows.SelectMany(row => row.Reverse()).SelectMany(pixel => pixel)]);
    }
}
