using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Onnx.Format;

[TestClass]
public sealed class OnnxFileTests
{
    private static readonly OnnxModel _model =
        OnnxExporter.Build(ExportedGraph.Micro, ExportedGraph.Weights(ExportedGraph.Micro), ExportedGraph.Settings(32, 32));

    [TestMethod]
    public void WeightsBeyondTheLimitGoToAFileBesideAndScoresAreTheSame()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.onnx");
        OnnxFile.Write(path, _model, maxWeightBytes: 100_000);

        CollectionAssert.AreEquivalent(
            new[] { "model.onnx", "model.onnx.data" }, Directory.GetFiles(folder.Path).Select(Path.GetFileName).ToArray());
        var weights = _model.Initializers.Sum(tensor => tensor.ByteLength);
        Assert.IsTrue(new FileInfo($"{path}.data").Length > 0.9 * weights);
        Assert.IsTrue(new FileInfo(path).Length < 0.5 * weights);

        using var whole = new ExportedGraph(_model);
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(path, options);
        var image = Formula.Image(1, 32, 32);
        using var input = OrtValue.CreateTensorValueFromMemory(image, [1, 3, 32, 32]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["image"], [input], ["Score"]);
        CollectionAssert.AreEqual(whole.Run<float>("Score", image, 1, 3, 32, 32), results[0].GetTensorDataAsSpan<float>().ToArray());
    }

    [TestMethod]
    public void ASmallNetworkIsOneFileOfTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        OnnxFile.Write(folder.File("model.onnx"), _model);
        CollectionAssert.AreEqual(ExportedGraph.Write(_model), File.ReadAllBytes(Directory.GetFiles(folder.Path).Single()));
    }

    [TestMethod]
    [DataRow(100_000L)]
    [DataRow(100_000_000L)]
    public void AFailureLeavesOlderFilesAsTheyWereAndNothingElse(long maxWeightBytes)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["model.onnx", "model.onnx.data"])
            File.WriteAllText(folder.File(name), "old");
        var weights = ExportedGraph.Weights(ExportedGraph.Micro).Multiply("trans_cls_head.weight", double.NaN);
        var broken = OnnxExporter.Build(ExportedGraph.Micro, weights, ExportedGraph.Settings(32, 32));

        Assert.ThrowsExactly<OnnxExportException>(() => OnnxFile.Write(folder.File("model.onnx"), broken, maxWeightBytes: maxWeightBytes));

        Assert.AreEqual(2, Directory.GetFiles(folder.Path).Length);
        foreach (var file in Directory.GetFiles(folder.Path))
            Assert.AreEqual("old", File.ReadAllText(file));
    }

    [TestMethod]
    public void LoadImageClassifierTellsThatWeightsAreInAnotherFile()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.onnx");
        OnnxFile.Write(path, _model, maxWeightBytes: 100_000);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => new MLContext().Model.LoadImageClassifier(path));
        StringAssert.Contains(error.Message, "'model.onnx.data'");
    }
}
