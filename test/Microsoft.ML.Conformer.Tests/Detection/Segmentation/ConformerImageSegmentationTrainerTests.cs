using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Detection.Weights;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Checkpoints;
using Microsoft.ML.Conformer.Weights.Safetensors;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

[TestClass]
public sealed class ConformerImageSegmentationTrainerTests
{
    private static readonly TemporaryFolder _folder = new();
    private static readonly string _training = _folder.File("training");
    private static readonly string _validation = _folder.File("validation");

    [ClassInitialize]
    public static void Draw(TestContext _)
    {
        DrawnScenes.Draw(_training, count: 12, seed: 1);
        DrawnScenes.Draw(_validation, count: 5, seed: 2, side: 96);
    }

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void ATinyNetworkLearnsDrawnShapesAndItsFiguresAreThoseOfItsModel()
    {
        var context = new MLContext();
        var reports = new List<TrainingProgress>();
        var options = Options(context);
        (options.Epochs, options.Progress) = (30, new Told(reports.Add));
        var data = DrawnScenes.Load(context, _validation);
        var trainer = context.MulticlassClassification.Trainers.ConformerImageSegmentation(options);

        using var model = trainer.Fit(DrawnScenes.Load(context, _training));

        var figures = reports.Last(report => report is { EpochEnded: true, IsBest: true }).ValidationFigures!;
        var metrics = context.MulticlassClassification.EvaluateSegmentation(model.Transform(data));
        Assert.IsGreaterThan(0.45, metrics.MeanIntersectionOverUnion!.Value, $"ground everywhere has 0.2; {metrics.Summary}");
        Assert.AreEqual(metrics.MeanIntersectionOverUnion.Value, figures["mIoU"], 2e-3, "single pixels are between two classes");
        Assert.AreEqual(metrics.PixelAccuracy!.Value, figures["pixel_accuracy"], 2e-3);
        Assert.AreEqual(metrics.MeanClassAccuracy!.Value, figures["mean_class_accuracy"], 2e-3);
        CollectionAssert.AreEqual(DrawnScenes.Classes, model.ClassNames.ToArray());

        var path = _folder.File("segmenter.onnx");
        model.SaveAsOnnx(path);
        using var loaded = context.Model.LoadImageSegmenter(path, imageColumnName: "ImagePath");
        Assert.AreEqual(metrics.Summary, context.MulticlassClassification.EvaluateSegmentation(loaded.Transform(data)).Summary);
    }

    /// <summary>In a chain, whose columns are checked before anything is trained.</summary>
    [TestMethod]
    public void AContNetIsTrainedInPartsOfBatchesWithAnAverageOfTheWeights()
    {
        var context = new MLContext();
        var options = Options(context);
        options.Backbone = SmallSegmentation.Of(isConTNet: true).Backbone;
        (options.Epochs, options.MicroBatchSize, options.WeightAverageDecay) = (1, 2, 0.9);
        (options.LongestSide, options.ShortestSide, options.CropSize) = (64, 64, 50); // the network pads it
        options.Augmentation = new SegmentationAugmentation { Colors = new ColorJitterRecipe { Brightness = 0.2, Hue = 0.05 } };
        var folder = _folder.File("history");
        options.Records = new TrainingRecordOptions { Folder = folder };
        var chain = context.MulticlassClassification.Trainers.ConformerImageSegmentation(options)
            .Append(context.Transforms.CopyColumns("Classes", "PredictedLabels"))
            .Append(context.Transforms.CopyColumns("Size", "PredictedLabelsSize"));

        var model = chain.Fit(DrawnScenes.Load(context, _training));

        var rows = model.Transform(DrawnScenes.Load(context, _validation));
        foreach (var (classes, size) in rows.GetColumn<byte[]>("Classes").Zip(rows.GetColumn<int[]>("Size")))
            Assert.HasCount(size[0] * size[1], classes);
        StringAssert.Contains(
            File.ReadAllText(Directory.GetFiles(folder, "*.csv").Single()),
            "validation_mIoU,validation_pixel_accuracy,is_best,validation_mean_class_accuracy");
        ((IDisposable)model.First()).Dispose();
    }

    [TestMethod]
    public void ARunThatIsResumedEndsAsOneThatWasNotInterrupted()
    {
        var context = new MLContext();
        byte[] Train(string name, bool resume, Action<ConformerImageSegmentationTrainer.Options> change)
        {
            var options = Options(context);
            options.Augmentation = options.Augmentation with { Colors = new ColorJitterRecipe { Contrast = 0.3 } };
            options.Checkpoints = new CheckpointOptions { Folder = _folder.File(name), EverySteps = 2, Resume = resume };
            change(options);
            using var model = context.MulticlassClassification.Trainers.ConformerImageSegmentation(options)
                .Fit(DrawnScenes.Load(context, _training));
            var path = _folder.File($"{name}.onnx");
            model.SaveAsOnnx(path);
            return File.ReadAllBytes(path);
        }

        var whole = Train("whole", resume: false, _ => { });
        CollectionAssert.AreEqual(whole, File.ReadAllBytes(Path.Combine(_folder.File("whole"), "best.onnx")));
        using var cancellation = new CancellationTokenSource();
        Assert.ThrowsExactly<OperationCanceledException>(() => Train("parts", resume: false, options =>
        {
            options.CancellationToken = cancellation.Token;
            options.Progress = new Told(report =>
            {
                if (report is { Epoch: 2, Step: 1 })
                    cancellation.Cancel();
            });
        }));
        CollectionAssert.AreEqual(whole, Train("parts", resume: true, _ => { }));

        foreach (var (name, change) in new (string, Action<ConformerImageSegmentationTrainer.Options>)[]
        {
            ("CropSize", options => options.CropSize = 64), ("LearningRate", options => options.LearningRate = 1),
            ("AuxiliaryWeight", options => options.AuxiliaryWeight = 0), ("Augmentation", options => options.Augmentation = new()),
        })
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidOperationException>(() => Train("parts", resume: true, change)).Message, name);
        var map = Path.Combine(_training, "labels", "0.png");
        var before = File.ReadAllBytes(map);
        var changed = LabelMap.Load(map);
        changed.Values[0] = (byte)(changed.Values[0] == 0 ? 1 : 0);
        changed.SaveAsPng(map);
        var other = Assert.ThrowsExactly<InvalidOperationException>(() => Train("parts", resume: true, _ => { }));
        File.WriteAllBytes(map, before);
        StringAssert.Contains(other.Message, "the training images");
    }

    [TestMethod]
    public void AClassifiersWeightsBecomeTheBackbonesAndACheckpointOfTheLayoutIsTakenEverywhere()
    {
        var context = new MLContext();
        using var classifier = new ConformerNetwork(Backbone with { NumClasses = 7 }, seed: 5);
        var path = _folder.File("classifier.safetensors");
        SafetensorsWriter.Write(path, (Backbone with { NumClasses = 7 }).StateDict(), new NetworkWeights(classifier));
        var options = Options(context);
        (options.PretrainedWeights, options.Epochs, options.LearningRate, options.ValidationSet) = (path, 1, 1e-9, null);
        var log = new List<string>();
        context.Log += (_, entry) => log.Add(entry.Message);
        using var model = context.MulticlassClassification.Trainers.ConformerImageSegmentation(options)
            .Fit(DrawnScenes.Load(context, _training));
        Assert.IsTrue(
            log.Any(line => line.Contains("is a classifier: the heads start", StringComparison.Ordinal)), string.Join("\n", log));

        options.Backbone = Backbone with { EmbedDim = 48 };
        StringAssert.Contains(
            Assert.ThrowsExactly<WeightMismatchException>(() => context.MulticlassClassification.Trainers
                .ConformerImageSegmentation(options).Fit(DrawnScenes.Load(context, _training))).Message, "classifier.safetensors");

        var architecture = options.Architecture with { Backbone = Backbone, NumClasses = 3 };
        using var network = new SegmentationNetwork(architecture, seed: 7);
        var whole = _folder.File("whole.safetensors");
        SafetensorsWriter.Write(whole, architecture.StateDict(), new NetworkWeights(network));
        using var file = CheckpointFile.Open(whole, average: false);
        Assert.IsEmpty(BackboneWeights.Match(architecture, file).LeftAtInitialValues);
        CollectionAssert.AreEquivalent(
            new[]
            {
                "decode_head.conv_seg.weight", "decode_head.conv_seg.bias",
                "auxiliary_head.conv_seg.weight", "auxiliary_head.conv_seg.bias",
            },
            BackboneWeights.Match(architecture with { NumClasses = 9 }, file).LeftAtInitialValues.ToArray());
        StringAssert.Contains(
            Assert.ThrowsExactly<WeightMismatchException>(
                () => BackboneWeights.Match(architecture with { HasAuxiliaryHead = false }, file)).Message,
            "without an auxiliary head");
    }

    [TestMethod]
    public void WrongOptionsAreAllNamed()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new MLContext().MulticlassClassification.Trainers
            .ConformerImageSegmentation(new ConformerImageSegmentationTrainer.Options
            {
                BatchSize = 1,
                MicroBatchSize = 1,
                CropSize = 16,
                Patience = 2,
                AuxiliaryWeight = double.NaN,
                SizeColumnName = "PredictedLabels",
                Augmentation = new SegmentationAugmentation { SmallestScale = 3, MaxClassShare = 0 },
                Architecture = new SegmentationArchitecture { Backbone = new ConformerArchitecture { Depth = 3 } },
            }));
        foreach (var name in (string[])["BatchSize is 1; it must be at least 2", "MicroBatchSize", "CropSize", "Patience",
            "AuxiliaryWeight", "SizeColumnName", "LargestScale", "MaxClassShare", "level 4"])
            StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    public void ColumnsAndLabelMapsThatCannotBeUsedAreErrorsThatNameThem()
    {
        var context = new MLContext();
        var data = DrawnScenes.Load(context, _training);
        T Throws<T>(IDataView rows, Action<ConformerImageSegmentationTrainer.Options> change) where T : Exception
        {
            var options = Options(context);
            options.ValidationSet = null;
            change(options);
            return Assert.ThrowsExactly<T>(
                () => context.MulticlassClassification.Trainers.ConformerImageSegmentation(options).Fit(rows));
        }

        var missing = Throws<ArgumentOutOfRangeException>(data, options => options.LabelMapColumnName = "Map");
        StringAssert.Contains(missing.Message, "Could not find label map column 'Map'");
        var unknown = context.Data.LoadFromEnumerable([new Row { ImagePath = "a.png", LabelMapPath = "b.png" }]);
        StringAssert.Contains(Throws<ArgumentOutOfRangeException>(unknown, _ => { }).Message, "LoadSegmentation");
        var others = Throws<ArgumentOutOfRangeException>(
            data, options => options.ValidationSet = DrawnScenes.Load(context, _validation, ["ground", "blue", "red"]));
        StringAssert.Contains(others.Message, "validation set");

        var folder = _folder.File("changed");
        DrawnScenes.Draw(folder, count: 3, seed: 3);
        var changed = DrawnScenes.Load(context, folder);
        var map = Path.Combine(folder, "labels", "1.png");
        new LabelMap(2, 2, [0, 0, 0, 0]).SaveAsPng(map);
        StringAssert.Contains(Throws<InvalidDataException>(changed, _ => { }).Message, "1.png' has 2 x 2 pixels");
        new LabelMap(2, 2, [0, 0, 9, 0]).SaveAsPng(map);
        StringAssert.Contains(Throws<InvalidDataException>(changed, _ => { }).Message, "1.png' is no label map of these classes");
        File.Delete(map);
        StringAssert.Contains(Throws<FileNotFoundException>(changed, _ => { }).Message, "1.png");
    }

    private static ConformerArchitecture Backbone => new()
    {
        ChannelRatio = 0.125,
        EmbedDim = 24,
        NumHeads = 3,
        Depth = 6,
        PatchSize = 16,
    };

    private static ConformerImageSegmentationTrainer.Options Options(MLContext context) => new()
    {
        ImageColumnName = "ImagePath",
        Architecture = new SegmentationArchitecture { Backbone = Backbone, Channels = 16, AuxiliaryChannels = 16, PoolScales = [1, 2] },
        LongestSide = 96,
        ShortestSide = 96,
        CropSize = 96,
        Augmentation = new SegmentationAugmentation { SmallestScale = 0.8, LargestScale = 1.25 },
        Epochs = 2,
        BatchSize = 4,
        LearningRate = 7e-3,
        WarmupSteps = 5,
        Threads = 1,
        ValidationSet = DrawnScenes.Load(context, _validation),
    };

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";
        public string LabelMapPath { get; set; } = "";
    }

    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }
}
