using Microsoft.ML.Conformer.Onnx;

namespace Microsoft.ML.Conformer.Tests.Onnx;

[TestClass]
public sealed class OnnxInputKindTests
{
    private const int Height = 48, Width = 34;

    [TestMethod]
    [DataRow("PixelsNchw")]
    [DataRow("PixelsNhwc")]
    public void AGraphThatTakesPixelsScoresThemAsOneThatTakesNormalizedImages(string kindName)
    {
        var kind = Enum.Parse<OnnxInputKind>(kindName);
        var settings = ExportedGraph.Settings(Height, Width);
        var weights = ExportedGraph.Weights(ExportedGraph.Micro);
        using var normalizing = new ExportedGraph(ExportedGraph.Micro, weights, settings with { InputKind = kind });
        using var plain = new ExportedGraph(ExportedGraph.Micro, weights, settings);

        var pixels = new float[3 * Height * Width];
        var normalized = new float[pixels.Length];
        var random = new Random(5);
        for (int channel = 0, i = 0; channel < 3; channel++)
            for (var position = 0; position < Height * Width; position++, i++)
            {
                var value = random.Next(256);
                pixels[kind == OnnxInputKind.PixelsNchw ? i : position * 3 + channel] = value;
                normalized[i] = (value / 255f - settings.Preprocessing.Mean[channel]) / settings.Preprocessing.Std[channel];
            }

        foreach (var output in (string[])["conv_logits", "tran_logits", "Score"])
        {
            var actual = kind == OnnxInputKind.PixelsNchw
                ? normalizing.Run<float>(output, pixels, 1, 3, Height, Width)
                : normalizing.Run<float>(output, pixels, 1, Height, Width, 3);
            var expected = plain.Run<float>(output, normalized, 1, 3, Height, Width);
            Assert.AreClose(expected, actual, 1e-5, output);
        }
    }
}
