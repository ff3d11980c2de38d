using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Safetensors;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests;

/// <summary>Training from a weight file.</summary>
[TestClass]
public sealed class ConformerTrainerWeightsTests
{
    private readonly MLContext _context = new(seed: 1);
    private readonly List<string> _log = [];

    public ConformerTrainerWeightsTests() => _context.Log += (_, e) => _log.Add(e.RawMessage);

    [TestMethod]
    public void TrainingStartsFromTheFilesWeights()
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, ScoringModel.Architecture, seed: 7);
        using var fresh = Fit(null, folder, "fresh.onnx");
        using var started = Fit(file, folder, "started.onnx");
        using var again = Fit(Write(folder, ScoringModel.Architecture, seed: 7), folder, "again.onnx");

        CollectionAssert.AreEqual(File.ReadAllBytes(folder.File("started.onnx")), File.ReadAllBytes(folder.File("again.onnx")));
        CollectionAssert.AreNotEqual(File.ReadAllBytes(folder.File("fresh.onnx")), File.ReadAllBytes(folder.File("started.onnx")));
        Assert.IsTrue(_log.Exists(line => line.Contains($"tensors of {file}")), string.Join("\n", _log));
    }

    [TestMethod]
    public void SavedWeightsAreTheTrainedOnesAndOnlyATrainedModelHasThem()
    {
        using var folder = new TemporaryFolder();
        using var model = Fit(null, folder, "model.onnx");
        model.SaveWeights(folder.File("weights.safetensors"));

        using var saved = PretrainedWeights.Open(folder.File("weights.safetensors"), ScoringModel.Architecture);
        var names = ScoringModel.Architecture.StateDict().Select(tensor => tensor.Name).ToList();
        CollectionAssert.AreEquivalent(names, saved.Plan.Names.ToList());
        var columns = new ScoringColumns("Image", "Score", "PredictedLabel");
        var again = new TrainedModel(
            ScoringModel.Architecture, new StoredWeights(saved.Plan, names), Photo.Side, LabelType.Restore([.. model.ClassNames], null),
            columns)
        {
            Recipe = model.Recipe,
        };
        CollectionAssert.AreEqual(File.ReadAllBytes(folder.File("model.onnx")), again.ToOnnx());

        using var loaded = _context.Model.LoadImageClassifier(folder.File("model.onnx"));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => loaded.SaveWeights(folder.File("more.safetensors")));
        StringAssert.Contains(error.Message, "Save the weights where the model is trained");
        Assert.IsFalse(File.Exists(folder.File("more.safetensors")));
    }

    [TestMethod]
    public void AnotherNumberOfClassesReplacesBothHeadsAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        using var model = Fit(Write(folder, ScoringModel.Architecture with { NumClasses = 9 }, seed: 7), folder, "model.onnx");

        Assert.IsTrue(_log.Exists(line => line.Contains("9 classes") && line.Contains("the heads start")), string.Join("\n", _log));
    }

    [TestMethod]
    public void EverythingThatDoesNotFitIsOneErrorBeforeAnyImageIsRead()
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, ScoringModel.Architecture with { MlpRatio = 1, Depth = 6 }, seed: 7);
        var unreadable = Photo.View(_context, Photo.Set(6).Select(photo =>
        {
            photo.Image!.Dispose();
            return photo;
        }));

        var error = Assert.ThrowsExactly<WeightMismatchException>(() => Trainer(file).Fit(unreadable));

        Assert.IsTrue(error.Faults.Any(fault => fault.Contains("trans_1.mlp.fc1.weight")), error.Message);
        Assert.IsTrue(error.Faults.Any(fault => fault.Contains("conv_trans_6") && fault.Contains("unexpected")), error.Message);
    }

    [TestMethod]
    public void WithoutStrictnessWhatDoesNotFitIsLoggedAndLeftOut()
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, ScoringModel.Architecture with { MlpRatio = 1 }, seed: 7);

        using var model = Fit(file, folder, "model.onnx", strict: false);

        Assert.IsTrue(_log.Exists(line => line.Contains("trans_1.mlp.fc1.weight")), string.Join("\n", _log));
    }

    [TestMethod]
    public void AnOptionChoosesTheAverageWhereTheFileHasBoth()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("both.pth");
        File.WriteAllBytes(file, TorchFile.ConstantAndAverage([.. ScoringModel.Architecture.StateDict()]));
        foreach (var (average, expected) in new[] { (false, "those under 'model'"), (true, "the moving average under 'model_ema'") })
        {
            _log.Clear();
            var options = Options(file);
            options.PretrainedAverage = average;
            using var model = _context.MulticlassClassification.Trainers.Conformer(options).Fit(Photo.View(_context, Photo.Set(6)));
            Assert.IsTrue(_log.Exists(line => line.Contains(expected)), string.Join("\n", _log));
        }
    }

    [TestMethod]
    public void AnUnknownNameListsThePublishedOnes()
    {
        var error = Assert.ThrowsExactly<FileNotFoundException>(
            () => Trainer("conformer-huge").Fit(Photo.View(_context, Photo.Set(6))));
        StringAssert.Contains(error.Message, "conformer-tiny-p16");
    }

    [TestMethod]
    public void APublishedNameOfAnotherVariantIsRefusedBeforeItIsDownloaded()
    {
        var error = Assert.ThrowsExactly<WeightMismatchException>(
            () => Trainer("conformer-base-p16").Fit(Photo.View(_context, Photo.Set(6))));
        StringAssert.Contains(error.Message, "Set Variant to Base");
    }

    private ImageClassifierTransformer Fit(string? weights, TemporaryFolder folder, string onnx, bool strict = true)
    {
        var model = Trainer(weights, strict).Fit(Photo.View(_context, Photo.Set(6)));
        model.SaveAsOnnx(folder.File(onnx));
        return model;
    }

    private ConformerTrainer Trainer(string? weights, bool strict = true) =>
        _context.MulticlassClassification.Trainers.Conformer(Options(weights, strict));

    private static ConformerTrainer.Options Options(string? weights, bool strict = true) => new()
    {
        Architecture = ScoringModel.Architecture,
        PretrainedWeights = weights,
        StrictWeights = strict,
        ImageSize = Photo.Side,
        Epochs = 1,
        BatchSize = 6,
        Device = TrainingDevice.Cpu,
    };

    private static string Write(TemporaryFolder folder, ConformerArchitecture architecture, int seed)
    {
        var path = folder.File("weights.safetensors");
        using var network = new ConformerNetwork(architecture, seed: seed);
        SafetensorsWriter.Write(path, architecture.StateDict(), new NetworkWeights(network));
        return path;
    }
}
