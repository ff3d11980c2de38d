using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

[TestClass]
public sealed class BilinearResizeTests
{
    private const double Tolerance = 2e-6;

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("scale").Cases();

    /// <summary>The file's antialiased and bicubic tensors are left out: nothing here resizes numbers so.</summary>
    [TestMethod]
    [DynamicData(nameof(Files))]
    public void IsPyTorchs(string? file)
    {
        foreach (var tensor in GoldenFiles.Read(file).GetProperty("tensors").EnumerateArray())
        {
            var (width, height) = (tensor.GetProperty("width").GetInt32(), tensor.GetProperty("height").GetInt32());
            var image = tensor.GetProperty("float_image");
            var channels = Formula.Image(
                image.GetProperty("number").GetInt32(), height, width, image.GetProperty("input_seed").GetInt32())
                .Chunk(height * width).ToList();
            foreach (var @case in tensor.GetProperty("cases").EnumerateArray())
            {
                int[] to = [.. @case.GetProperty("to_h_w").Numbers().Select(number => (int)number)];
                var (newHeight, newWidth) = (to[0], to[1]);
                var resized = channels.SelectMany(channel => Resized(channel, height, width, newHeight, newWidth)).ToArray();

                var (what, expected) = ($"{newHeight}x{newWidth}", @case.GetProperty("bilinear"));
                double[] first = [.. expected.GetProperty("first").Numbers()], last = [.. expected.GetProperty("last").Numbers()];
                Assert.AreClose(first, resized[..first.Length], Tolerance, $"{what}: beginning");
                Assert.AreClose(last, resized[^last.Length..], Tolerance, $"{what}: end");
                Assert.AreEqual(
                    expected.GetProperty("mean").GetDouble(), resized.Average(value => (double)value), Tolerance, $"{what}: mean");
                foreach (double[] pixel in expected.GetProperty("pixels").EnumerateArray().Select(pixel => pixel.Numbers().ToArray()))
                    Assert.AreClose(
                        pixel[2..],
                        Enumerable.Range(0, 3).Select(
                            channel => resized[(channel * newHeight + (int)pixel[1]) * newWidth + (int)pixel[0]]),
                        Tolerance, $"{what}: ({pixel[0]}, {pixel[1]})");
            }
        }
    }

    [TestMethod]
    public void ASlopeStaysOneAndEndsInPlateausAtTheEdges()
    {
        float[] slope = [0, 1, 2, 3, 10, 11, 12, 13];

        // Columns are a quarter before and after the old ones, and so are rows.
        float[] columns = [0, 0.25f, 0.75f, 1.25f, 1.75f, 2.25f, 2.75f, 3], rows = [0, 2.5f, 7.5f, 10];
        CollectionAssert.AreEqual(
            rows.SelectMany(row => columns.Select(column => row + column)).ToArray(), Resized(slope, 2, 4, 4, 8));
    }

    [TestMethod]
    public void TheSameSizeChangesNothingAndOneValueFillsAll()
    {
        var map = Formula.Image(1, 5, 7, channels: 1);

        CollectionAssert.AreEqual(map, Resized(map, 5, 7, 5, 7));
        CollectionAssert.AreEqual(Enumerable.Repeat(0.1f, 12).ToArray(), Resized([0.1f], 1, 1, 3, 4));
    }

    private static float[] Resized(float[] map, int height, int width, int newHeight, int newWidth)
    {
        var resized = new float[newHeight * newWidth];
        BilinearResize.Apply(map, height, width, resized, newHeight, newWidth);
        return resized;
    }
}
