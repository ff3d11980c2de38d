using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Precision;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx;

/// <summary>Every precision with every kind of input and every set of outputs, against the same graph in 32-bit floats.</summary>
[TestClass]
public sealed class CombinedOptionsTests
{
    private const int Side = 64, CalibrationCount = 16, Batch = 2, TopK = 3;

    private const OnnxOutputs All =
        OnnxOutputs.HeadLogits | OnnxOutputs.Embeddings | OnnxOutputs.FeatureMaps | OnnxOutputs.AttentionMaps |
        OnnxOutputs.ClassAttention | OnnxOutputs.TokenMaps | OnnxOutputs.ClassActivationMaps;

    private static readonly string[] _labels = ["a", "b", "c", "d", "e"];

    /// <summary>Deep enough to have the map c4.</summary>
    private static readonly ConformerArchitecture _architecture = ExportedGraph.Micro with { Depth = 6, ChannelRatio = 0.25 };

    private static readonly FormulaWeights _weights = ExportedGraph.Weights(_architecture);

    /// <summary>
    /// Relative errors. A value passes some 80 operators on its way through six blocks. In 16 bits each rounds it by 2^-11 at most, and
    /// independent errors add up as their squares. In 8 bits half of them round it, by half a step of 1/255 of its range, which is several
    /// times the root mean square that differences are measured by; these errors add up the same way.
    /// </summary>
    private static readonly Dictionary<OnnxPrecision, double> _bounds = new()
    {
        [OnnxPrecision.Float16] = Math.Sqrt(80) / 2048,
        [OnnxPrecision.Int8] = 40 * 0.5 / 255,
    };

    [TestMethod]
    [DataRow(OnnxPrecision.Float16, Input.OneSize)]
    [DataRow(OnnxPrecision.Float16, Input.AnySize)]
    [DataRow(OnnxPrecision.Float16, Input.Photos)]
    [DataRow(OnnxPrecision.Int8, Input.OneSize)]
    [DataRow(OnnxPrecision.Int8, Input.AnySize)]
    [DataRow(OnnxPrecision.Int8, Input.Photos)]
    public void EveryOutputIsNearThatOf32BitFloats(OnnxPrecision precision, Input input)
    {
        using var exact = new ExportedGraph(Build(input, All));
        foreach (var asked in (OnnxOutputs[])[OnnxOutputs.None, .. Enum.GetValues<OnnxOutputs>().Except([OnnxOutputs.None]), All])
        {
            // 8 bits cannot give class activation maps, and the options say so.
            var outputs = precision == OnnxPrecision.Int8 ? asked & ~OnnxOutputs.ClassActivationMaps : asked;
            var model = Build(input, outputs);
            using ExportedGraph single = new(model), rounded = new(InPrecision(model, precision, input));
            CollectionAssert.AreEqual(single.OutputNames.ToArray(), rounded.OutputNames.ToArray());
            foreach (var (height, width) in Sizes(input))
            {
                var what = $"{precision}, {input}, {outputs}, {height} x {width}";
                foreach (var output in rounded.OutputNames.Except(["Score", "PredictedLabel", "TopScores", "TopLabels"]))
                {
                    Assert.AreEqual(single.DeclaredShape(output), rounded.DeclaredShape(output), $"{what}, {output}");
                    var (expected, actual) = (Run(exact, output, input, height, width), Run(rounded, output, input, height, width));
                    var difference = Deviation.Relative(expected, actual, $"{what}, {output}");
                    Assert.IsTrue(
                        difference <= _bounds[precision], $"{what}, {output}: {difference:g3} off, {_bounds[precision]:g3} allowed.");
                    CollectionAssert.AreNotEqual(expected, actual, $"{what}, {output}: nothing was rounded");
                }
                var scores = Run(rounded, "Score", input, height, width);
                Assert.AreClose(Run(exact, "Score", input, height, width), scores, _bounds[precision], $"{what}, Score");
                AssertAreTheBest(scores, rounded, input, height, width, what);
            }
        }
    }

    /// <summary>The labels and top scores are those of the file's own scores.</summary>
    private static void AssertAreTheBest(float[] scores, ExportedGraph graph, Input input, int height, int width, string what)
    {
        string[] Text(string output) => input == Input.Photos
            ? graph.RunText(output, Photos(height, width), Batch, height, width, 3)
            : graph.RunText(output, Images(height, width), Batch, 3, height, width);
        var best = scores.Chunk(_labels.Length).SelectMany(row => row.Zip(_labels).OrderByDescending(one => one.First).Take(TopK)).ToList();
        CollectionAssert.AreEqual(best.Chunk(TopK).Select(ofOne => ofOne[0].Second).ToArray(), Text("PredictedLabel"), what);
        CollectionAssert.AreEqual(best.Select(one => one.Second).ToArray(), Text("TopLabels"), what);
        CollectionAssert.AreEqual(best.Select(one => one.First).ToArray(), Run(graph, "TopScores", input, height, width), what);
    }

    private static OnnxModel Build(Input input, OnnxOutputs outputs) => OnnxExporter.Build(_architecture, _weights, new OnnxGraphSettings
    {
        ImageHeight = Side,
        ImageWidth = Side,
        InputKind = input == Input.Photos ? OnnxInputKind.PhotosNhwc : OnnxInputKind.NormalizedNchw,
        Labels = _labels,
        Options = new OnnxExportOptions
        {
            DynamicImageSize = input == Input.AnySize,
            IncludePreprocessing = input == Input.Photos,
            IncludePredictedLabel = true,
            TopK = TopK,
            AdditionalOutputs = outputs,
        },
    });

    private static OnnxModel InPrecision(OnnxModel model, OnnxPrecision precision, Input input)
    {
        if (precision == OnnxPrecision.Float16)
            return Float16Graph.Build(model);
        return Int8Conversion.Of(model, () => Enumerable.Range(0, CalibrationCount).Select(k => input == Input.Photos
            ? OrtValue.CreateTensorValueFromMemory(Photo(k, Side, Side), [1, Side, Side, 3])
            : OrtValue.CreateTensorValueFromMemory(Formula.Image(k, Side, Side), [1, 3, Side, Side]))).Model;
    }

    private static IEnumerable<(int Height, int Width)> Sizes(Input input) =>
        input == Input.OneSize ? [(Side, Side)] : [(Side, Side), (75, 101)];

    private static float[] Run(ExportedGraph graph, string output, Input input, int height, int width) => input == Input.Photos
        ? graph.Run<float>(output, Photos(height, width), Batch, height, width, 3)
        : graph.Run<float>(output, Images(height, width), Batch, 3, height, width);

    private static float[] Images(int height, int width) =>
        [.. Enumerable.Range(0, Batch).SelectMany(k => Formula.Image(k, height, width))];

    private static byte[] Photos(int height, int width) => [.. Enumerable.Range(0, Batch).SelectMany(k => Photo(k, height, width))];

    private static byte[] Photo(int k, int height, int width) => FormulaImage.Rgb(width, height, k).Pixels[..(3 * width * height)];

    /// <summary>What a file takes.</summary>
    public enum Input
    {
        OneSize,
        AnySize,
        Photos,
    }
}
