using System.Globalization;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;

namespace Microsoft.ML.Conformer.Tests.Models;

[TestClass]
public sealed class OnnxExporterTests
{
    private static readonly OnnxGraphSettings _settings = ExportedGraph.Settings(32, 32);

    [TestMethod]
    public void TheSameWeightsGiveTheSameBytes()
    {
        var settings = _settings with { Labels = ["a", "b", "c", "d", "e"], InputKind = OnnxInputKind.PixelsNhwc };
        var first = ExportedGraph.Export(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), settings);
        var second = ExportedGraph.Export(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), settings with { });
        CollectionAssert.AreEqual(first, second);
    }

    [TestMethod]
    public void TheCultureChangesNoByte()
    {
        var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (other.NumberFormat.NegativeSign, other.NumberFormat.NumberDecimalSeparator) = ("\u2212", ","); // as in Swedish
        foreach (var input in Enum.GetValues<OnnxInputKind>())
        {
            var settings = _settings with
            {
                InputKind = input,
                Labels = ["a", "b", "c", "d", "e"],
                Options = new OnnxExportOptions
                {
                    DynamicImageSize = input != OnnxInputKind.PhotosNhwc,
                    IncludePreprocessing = input == OnnxInputKind.PhotosNhwc,
                    IncludePredictedLabel = true,
                    TopK = 2,
                    AdditionalOutputs = OnnxOutputs.HeadLogits | OnnxOutputs.Embeddings | OnnxOutputs.AttentionMaps,
                },
            };
            CollectionAssert.AreEqual(ExportUnder(CultureInfo.InvariantCulture, settings), ExportUnder(other, settings), $"{input}");
        }
    }

    private static byte[] ExportUnder(CultureInfo culture, OnnxGraphSettings settings)
    {
        var current = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
        try
        {
            return ExportedGraph.Export(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), settings);
        }
        finally
        {
            CultureInfo.CurrentCulture = current;
        }
    }

    [TestMethod]
    public void ABatchScoresAsItsImagesAlone()
    {
        using var graph = new ExportedGraph(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), _settings);
        float[][] images = [.. Enumerable.Range(0, 3).Select(k => Formula.Image(k, 32, 32))];
        var batch = graph.Run<float>("Score", [.. images.SelectMany(image => image)], 3, 3, 32, 32);
        var alone = images.SelectMany(image => graph.Run<float>("Score", image, 1, 3, 32, 32)).ToArray();
        Assert.AreEqual(alone.Length, batch.Length);
        Assert.IsTrue(batch.Zip(alone, (a, b) => Math.Abs(a - b)).All(difference => difference < 1e-6));
    }

    [TestMethod]
    public void OutputsAreTheOnesAskedFor()
    {
        var weights = ExportedGraph.Weights(ExportedGraph.Micro);
        using var all = new ExportedGraph(ExportedGraph.Micro, weights, _settings);
        CollectionAssert.AreEqual(new[] { "Score", "ClassIndex", "conv_logits", "tran_logits" }, all.OutputNames.ToArray());
        using var score = new ExportedGraph(ExportedGraph.Micro, weights, new OnnxGraphSettings { ImageHeight = 32, ImageWidth = 32 });
        CollectionAssert.AreEqual(new[] { "Score" }, score.OutputNames.ToArray());
    }

    [TestMethod]
    public void ItWritesToAStreamThatCannotSeekAndLeavesItOpen()
    {
        var expected = ExportedGraph.Export(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), _settings);
        using var memory = new MemoryStream();
        using var destination = new OneWayStream(memory);
        OnnxModelWriter.Write(destination, OnnxExporter.Build(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), _settings));
        Assert.IsTrue(destination.CanWrite);
        CollectionAssert.AreEqual(expected, memory.ToArray());
    }

    [TestMethod]
    public void MissingAndMisshapenTensorsAreAllNamedBeforeAnythingIsWritten()
    {
        var shapes = ExportedGraph.Shapes(ExportedGraph.Micro);
        shapes.Remove("conv_trans_2.trans_block.attn.qkv.weight");
        shapes.Remove("bn1.running_var");
        shapes["trans_cls_head.weight"] = [7, 24];
        using var destination = new MemoryStream();
        var error = Assert.ThrowsExactly<OnnxExportException>(
            () => OnnxModelWriter.Write(destination, OnnxExporter.Build(ExportedGraph.Micro, new FormulaWeights(shapes), _settings)));
        StringAssert.Contains(error.Message, "'conv_trans_2.trans_block.attn.qkv.weight' is missing; [72, 24] is expected.");
        StringAssert.Contains(error.Message, "'bn1.running_var' is missing; [64] is expected.");
        StringAssert.Contains(error.Message, "'trans_cls_head.weight' is [7, 24]; [5, 24] is expected.");
        Assert.AreEqual(0, destination.Length);
    }

    [TestMethod]
    public void AWeightThatIsNotFiniteIsAnErrorThatNamesIt()
    {
        var weights = ExportedGraph.Weights(ExportedGraph.Micro).Multiply("trans_patch_conv.bias", double.NaN);
        var error = Assert.ThrowsExactly<OnnxExportException>(() => ExportedGraph.Export(ExportedGraph.Micro, weights, _settings));
        StringAssert.Contains(error.Message, "'trans_patch_conv.bias' is NaN at element 0");
    }

    [TestMethod]
    public void FaultsOfTheSettingsAreReportedTogether()
    {
        var architecture = ExportedGraph.Micro with { PositionEmbeddingImageSize = 64 };
        var settings = new OnnxGraphSettings
        {
            ImageHeight = 0,
            ImageWidth = 32,
            Labels = ["a"],
            InputKind = OnnxInputKind.PixelsNchw,
            Preprocessing = new ImagePreprocessing { Std = [1, 0, 1] },
        };
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => ExportedGraph.Export(architecture, ExportedGraph.Weights(architecture), settings));
        foreach (var part in (string[])["0 x 32 pixels", "the network takes only 64 x 64", "1 labels", "5 classes", "Std is [1, 0, 1]"])
            StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    public void FaultsOfTheArchitectureAreReported() => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(
            () => ExportedGraph.Export(new ConformerArchitecture { Depth = 4 }, ExportedGraph.Weights(ExportedGraph.Micro), _settings)).Message,
        "Depth is 4");

    [TestMethod]
    public void TensorsAreReadOneAfterTheOtherWhileTheFileIsWritten()
    {
        using var destination = new MemoryStream();
        var weights = new WatchedWeights(ExportedGraph.Weights(ExportedGraph.Micro), () => destination.Length);
        OnnxModelWriter.Write(destination, OnnxExporter.Build(ExportedGraph.Micro, weights, _settings));
        Assert.IsTrue(weights.MostAlive <= 8, $"{weights.MostAlive} tensors were in memory at once."); // a layer's weight and its norm's
        Assert.IsTrue(weights.WrittenAtLastRead > destination.Length / 2);
    }

    /// <summary>Counts the arrays that it gave out and that are still in use.</summary>
    private sealed class WatchedWeights(IWeightSource source, Func<long> written) : IWeightSource
    {
        private readonly List<WeakReference> _given = [];

        public int MostAlive { get; private set; }

        public long WrittenAtLastRead { get; private set; }

        public bool Contains(string name) => source.Contains(name);

        public IReadOnlyList<long> Shape(string name) => source.Shape(name);

        public float[] Read(string name)
        {
            GC.Collect();
            _given.RemoveAll(reference => !reference.IsAlive);
            MostAlive = Math.Max(MostAlive, _given.Count + 1);
            WrittenAtLastRead = written();
            var values = source.Read(name);
            _given.Add(new WeakReference(values));
            return values;
        }
    }

    private sealed class OneWayStream(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
