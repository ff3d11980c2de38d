using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Published;
using Microsoft.ML.Conformer.Weights.Safetensors;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>Classifiers out of weight files, without training.</summary>
[TestClass]
public sealed class UntrainedClassifierTests
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _context = new(seed: 1);
    private readonly List<string> _log = [];

    public UntrainedClassifierTests() => _context.Log += (_, e) => _log.Add(e.RawMessage);

    public static IEnumerable<object?[]> Tiny => GoldenFiles.OfKind("conformer-eval")
        .Where(file => Path.GetFileName(file) == "Conformer_tiny_patch16.json").Cases();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DynamicData(nameof(Tiny))]
    public void AWeightFileGivesTheReferencesLogitsAndTheClassesOfImageNet(string? file)
    {
        var golden = EvalGolden.Open(file);
        var path = _folder.File("tiny.safetensors");
        SafetensorsWriter.Write(path, golden.Architecture.StateDict(), golden.Weights(ExportedGraph.Shapes(golden.Architecture)));
        var @case = golden.Cases().First(@case => @case is { Height: 224, Width: 224 });

        using var model = _context.Model.LoadImageClassifier(path);
        model.SaveAsOnnx(_folder.File("tiny.onnx"), new OnnxExportOptions { AdditionalOutputs = OnnxOutputs.HeadLogits });

        CollectionAssert.AreEqual(ImageNetClasses.Names.ToList(), model.ClassNames.ToList());
        Assert.AreEqual(224, model.ImageSize);
        using var session = new InferenceSession(_folder.File("tiny.onnx"));
        using var input = OrtValue.CreateTensorValueFromMemory(@case.Pixels(), [@case.Images.Length, 3, 224, 224]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["image"], [input], ["conv_logits", "tran_logits"]);
        void Check(double[][] expected, int output, string what) => Assert.AreClose(
            expected.SelectMany(row => row), outputs[output].GetTensorDataAsSpan<float>().ToArray(), golden.Tolerance, what);
        Check(@case.Logits[0], 0, "convolution head");
        Check(@case.Logits[1], 1, "transformer head");

        AssertScores(model);
    }

    [TestMethod]
    [DataRow(ConformerVariant.Tiny)]
    [DataRow(ConformerVariant.Small)]
    [DataRow(ConformerVariant.SmallPatch32)]
    [DataRow(ConformerVariant.Base)]
    public void TheVariantAndTheNumberOfClassesAreFoundByTheTensors(ConformerVariant variant)
    {
        foreach (var classes in (int[])[1000, 37])
        {
            using var weights = PretrainedWeights.OpenClassifier(Constant(ConformerArchitecture.For(variant, classes)));
            Assert.AreEqual(ConformerArchitecture.For(variant, classes), weights.Architecture);
            Assert.AreEqual(0, weights.Plan.LeftAtInitialValues.Count);
        }
    }

    [TestMethod]
    public void ItsIndicesOfPositionsAreSavedThoughTheFileNeedNotHaveThem()
    {
        var architecture = ConTNetArchitecture.For(ConTNetVariant.Tiny, 3) with { RelativePositions = true };
        var without = architecture.StateDict().Where(tensor => !tensor.IsPositionIndex);

        using var model = _context.Model.LoadImageClassifier(Write(without));
        model.SaveWeights(_folder.File("saved.safetensors"));

        using var saved = CheckpointFile.Open(_folder.File("saved.safetensors"));
        var names = architecture.StateDict().Where(tensor => !tensor.IsBatchCounter).Select(tensor => tensor.Name).ToList();
        CollectionAssert.IsSubsetOf(names, saved.Tensors.Select(tensor => tensor.Name).ToList());
        var index = saved.Read("layer1.ConTBlock0.ste1.attn.relative_position_index");
        Assert.AreEqual(49 * 49, index.Length);
        Assert.AreEqual((84, 83, 0, 168), ((int)index[0], (int)index[1], (int)index[48], (int)index[48 * 49]));
    }

    [TestMethod]
    public void OtherNumbersOfClassesAreNumberedUnlessNamed()
    {
        var path = Constant(ConformerArchitecture.For(ConformerVariant.Tiny, 3));
        Assert.AreEqual("0 1 2", Names(null));
        Assert.AreEqual("cat dog owl", Names(["cat", "dog", "owl"]));

        var error = Assert.ThrowsExactly<ArgumentException>(() => Names(["cat", "dog"]));
        StringAssert.Contains(error.Message, "ClassNames has 2 names; the weights in");
        StringAssert.Contains(error.Message, "are for 3 classes");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Names(["cat", "cat", ""])).Message, "'cat' 2 times");

        string Names(string[]? given)
        {
            using var model = _context.Model.LoadImageClassifier(path, weights: new() { ClassNames = given });
            return string.Join(' ', model.ClassNames);
        }
    }

    [TestMethod]
    public void FeaturesComeFromAWeightFileToo()
    {
        var path = Constant(ConformerArchitecture.For(ConformerVariant.Tiny, 3));
        using var features = _context.Transforms.ExtractImageFeatures(path).Fit(Photo.View(_context, Photo.Set(1)));
        var row = features.Transform(Photo.View(_context, Photo.Set(1)));
        Assert.AreEqual(256, row.GetColumn<float[]>("ConvEmbedding").Single().Length);
        Assert.AreEqual(384, row.GetColumn<float[]>("TransformerEmbedding").Single().Length);
    }

    [TestMethod]
    public void WeightsWithoutHeadsAreNoClassifier()
    {
        var path = Write(ConformerArchitecture.For(ConformerVariant.Tiny).StateDict()
            .Where(tensor => !tensor.Name.Contains("cls_head", StringComparison.Ordinal)));
        var error = Assert.ThrowsExactly<WeightMismatchException>(() => _context.Model.LoadImageClassifier(path));
        StringAssert.Contains(error.Message, "conv_cls_head.weight [1000, 256] is missing.");
        StringAssert.Contains(error.Message, "all heads included");
    }

    [TestMethod]
    public void WeightsOfNoPublishedVariantAreRefused()
    {
        var error = Assert.ThrowsExactly<WeightMismatchException>(
            () => _context.Model.LoadImageClassifier(Constant(ScoringModel.Architecture)));
        StringAssert.Contains(error.Message, "published variant");
        Assert.IsTrue(error.Message.Length < 1500, error.Message);
    }

    [TestMethod]
    public void WeightFilesAreToldFromOtherFilesByTheirContent()
    {
        string File(byte[] bytes)
        {
            var path = _folder.File($"{Guid.NewGuid():N}.bin");
            System.IO.File.WriteAllBytes(path, bytes);
            return path;
        }

        Assert.IsTrue(CheckpointFile.IsOne(File(TorchFile.StateDict([("a", [2])]))));
        Assert.IsTrue(CheckpointFile.IsOne(File(TorchFile.StateDict([("a", [2])], legacy: true))));
        Assert.IsTrue(CheckpointFile.IsOne(File([2, 0, 0, 0, 0, 0, 0, 0, .. "{}"u8])));
        Assert.IsFalse(CheckpointFile.IsOne(File([2, 0, 0, 0, 0, 0, 0, 1, .. "{}"u8])), "too long a header");
        Assert.IsFalse(CheckpointFile.IsOne(File(TorchFile.ZipOf([("TransformerChain/OnnxModel", new byte[9])]))));
        Assert.IsFalse(CheckpointFile.IsOne(File(new PickleWriter().Text("no magic number").Stop())));
        Assert.IsFalse(CheckpointFile.IsOne(File([8, 7])));
    }

    [TestMethod]
    public void ADamagedWeightFileIsAnErrorOfTheWeightFile()
    {
        File.WriteAllBytes(_folder.File("bad.pth"), TorchFile.Zip(new PickleWriter().Code("]").Stop()));
        Assert.ThrowsExactly<CheckpointFormatException>(() => _context.Model.LoadImageClassifier(_folder.File("bad.pth")));
    }

    [TestMethod]
    [DataRow("conformer-tiny-p16")]
    [DataRow("conformer-tiny-p16_3rdparty_in1k")]
    [DataRow("Conformer-Small-P16")]
    [DataRow("conformer-small-p16_3rdparty_in1k")]
    [DataRow("conformer-small-p32")]
    [DataRow("conformer-small-p32_8xb128_in1k")]
    [DataRow("conformer-base-p16")]
    [DataRow("CONFORMER-BASE-P16_3RDPARTY_IN1K")]
    public void APublishedNameIsKnownAndItsDownloadCanBeCanceled(string name)
    {
        var canceled = new WeightFileOptions { CancellationToken = new CancellationToken(canceled: true) };
        Assert.Throws<OperationCanceledException>(() => _context.Model.LoadImageClassifier(name, weights: canceled));
        Assert.Throws<OperationCanceledException>(() => _context.Transforms.ExtractImageFeatures(name, weights: canceled));
    }

    [TestMethod]
    public void AnUnknownNameListsThePublishedOnes()
    {
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => _context.Model.LoadImageClassifier("conformer-huge"));
        StringAssert.Contains(error.Message, "conformer-huge");
        StringAssert.Contains(error.Message, "conformer-tiny-p16, conformer-small-p16, conformer-small-p32, conformer-base-p16");
    }

    [TestMethod]
    public void WhatIsLeftOutOfNamesIsLogged()
    {
        var path = Write(ConformerArchitecture.For(ConformerVariant.Tiny, 3).StateDict()
            .Select(tensor => tensor with { Name = "module." + tensor.Name }));
        using var model = _context.Model.LoadImageClassifier(path);
        Assert.IsTrue(_log.Exists(line => line.Contains("'module.'")), string.Join("\n", _log));
    }

    [TestMethod]
    public void NamesForAFileThatHasItsOwnAreAnError()
    {
        var data = Photo.View(_context, Photo.Set(3));
        using (var model = ScoringModel.Create(data))
            model.SaveAsOnnx(_folder.File("model.onnx"));
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => _context.Model.LoadImageClassifier(_folder.File("model.onnx"), weights: new() { ClassNames = ["a", "b", "c"] }));
        StringAssert.Contains(error.Message, "names of its own");
    }

    /// <summary>Photos of any size have probabilities, and labels are text.</summary>
    private void AssertScores(ImageClassifierTransformer model)
    {
        var photos = _context.Data.LoadFromEnumerable(Photo.Set(1, width: 60, height: 40));
        var scored = model.Transform(photos);
        var score = ScoringModel.Scores(scored).Single();
        Assert.AreEqual(1, score.Sum(), 1e-4);
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["PredictedLabel"].Annotations.GetValue("KeyValues", ref names);
        Assert.AreEqual("golden retriever", names.GetItemOrDefault(207).ToString());
    }

    private string Constant(ConformerArchitecture architecture) => Write(architecture.StateDict());

    private string Write(IEnumerable<NetworkTensor> tensors)
    {
        var path = _folder.File($"{Guid.NewGuid():N}.pth");
        File.WriteAllBytes(path, TorchFile.Constant(tensors));
        return path;
    }
}
