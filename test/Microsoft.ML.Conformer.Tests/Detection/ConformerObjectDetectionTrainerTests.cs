using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Safetensors;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Detection;

[TestClass]
public sealed class ConformerObjectDetectionTrainerTests
{
    private static readonly TemporaryFolder _folder = new();
    private static readonly string _training = DrawnObjects.Draw(_folder.File("training"), count: 10, seed: 1);
    private static readonly string _validation = DrawnObjects.Draw(_folder.File("validation"), count: 4, seed: 2);

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow(DetectionHead.FasterRcnn)]
    [DataRow(DetectionHead.MaskRcnn)]
    [DataRow(DetectionHead.CascadeMaskRcnn)]
    [DataRow(DetectionHead.RetinaNet)]
    public void EachHeadIsTrainedAndScoresThroughOnnx(DetectionHead head)
    {
        var context = new MLContext();
        var progress = new List<TrainingProgress>();
        var options = Options(context, head);
        options.Progress = new Told<TrainingProgress>(progress.Add);
        options.Rules = new DetectionRules { LeastScore = 0.01 };
        using var model = context.MulticlassClassification.Trainers.ConformerObjectDetection(options)
            .Fit(context.Data.LoadFromCoco(_training, classNames: DrawnObjects.Classes));

        Assert.AreEqual(options.Epochs, progress.Count(report => report.EpochEnded));
        Assert.IsTrue(progress.All(report => double.IsFinite(report.Loss)));
        var figures = progress.Last().ValidationFigures!;
        Assert.AreEqual(TrainingEnd.Completed, model.Summary!.End);
        Assert.AreEqual(progress.Last(report => report.IsBest).Epoch, model.Summary.BestEpoch);
        Assert.AreEqual(options.Epochs, model.Summary.ValidationFigures.Count);
        Assert.AreEqual(figures["AP"], model.Summary.ValidationFigures[^1]["AP"]);
        Assert.AreEqual((10, 4), (model.Summary.TrainingImages, model.Summary.ValidationImages));
        Assert.IsTrue(figures["AP"] is >= 0 and <= 1);
        Assert.AreEqual(head is DetectionHead.MaskRcnn or DetectionHead.CascadeMaskRcnn, figures.ContainsKey("mask_AP"));

        var scored = model.Transform(context.Data.LoadFromCoco(_validation, classNames: DrawnObjects.Classes));
        var boxes = scored.GetColumn<float[]>("PredictedBoundingBoxes").ToList();
        var scores = scored.GetColumn<float[]>("Score").ToList();
        Assert.HasCount(4, boxes);
        for (var image = 0; image < boxes.Count; image++)
            Assert.HasCount(4 * scores[image].Length, boxes[image]);
        Assert.IsTrue(scores.Sum(image => image.Length) > 0, "nothing at all was found");
        CollectionAssert.AreEqual(DrawnObjects.Classes, model.ClassNames.ToArray());
    }

    [TestMethod]
    public void AContNetIsABackboneToo()
    {
        var context = new MLContext();
        var options = Options(context, DetectionHead.FasterRcnn);
        options.Backbone = new ConTNetArchitecture
        {
            StemWidth = 8,
            Stages = [.. Enumerable.Range(0, 4).Select(stage => new ConTNetStage
            {
                Blocks = 1, NumHeads = 2, MlpWidth = 16, FirstWindow = stage < 3 ? 2 : 1, SecondWindow = stage < 3 ? 2 : 1,
            })],
        };
        options.Epochs = 1;
        using var model = context.MulticlassClassification.Trainers.ConformerObjectDetection(options)
            .Fit(context.Data.LoadFromCoco(_training, classNames: DrawnObjects.Classes));
        Assert.IsInstanceOfType<ConTNetArchitecture>(model.Architecture.Backbone);
        Assert.HasCount(4, model.Transform(context.Data.LoadFromCoco(_validation, classNames: DrawnObjects.Classes))
            .GetColumn<float[]>("Score").ToList());
    }

    [TestMethod]
    public void ARunThatIsResumedEndsAsOneThatWasNotInterrupted()
    {
        var context = new MLContext();
        byte[] Train(string name, bool resume, Action<ConformerObjectDetectionTrainer.Options> change)
        {
            var options = Options(context, DetectionHead.MaskRcnn);
            options.Augmentation = options.Augmentation with { SmallestScale = 0.8, MosaicProbability = 0.3 };
            options.Checkpoints = new CheckpointOptions { Folder = _folder.File(name), EverySteps = 2, Resume = resume };
            change(options);
            using var model = context.MulticlassClassification.Trainers.ConformerObjectDetection(options)
                .Fit(context.Data.LoadFromCoco(_training, classNames: DrawnObjects.Classes));
            var path = _folder.File($"{name}.onnx");
            model.SaveAsOnnx(path);
            return File.ReadAllBytes(path);
        }

        var whole = Train("whole", resume: false, _ => { });
        using var cancellation = new CancellationTokenSource();
        Assert.ThrowsExactly<OperationCanceledException>(() => Train("parts", resume: false, options =>
        {
            options.CancellationToken = cancellation.Token;
            options.Progress = new Told<TrainingProgress>(report =>
            {
                if (report is { Epoch: 2, Step: 1 })
                    cancellation.Cancel();
            });
        }));
        CollectionAssert.AreEqual(whole, Train("parts", resume: true, _ => { }));

        var other = Assert.ThrowsExactly<InvalidOperationException>(
            () => Train("parts", resume: true, options => options.LearningRate = 1));
        StringAssert.Contains(other.Message, "LearningRate");
    }

    [TestMethod]
    public void AClassifiersWeightsBecomeTheBackbones()
    {
        var context = new MLContext();
        var backbone = DrawnObjects.Backbone with { NumClasses = 7 };
        using var network = new ConformerNetwork(backbone, seed: 5);
        var path = _folder.File("classifier.safetensors");
        SafetensorsWriter.Write(path, backbone.StateDict(), new NetworkWeights(network));
        var options = Options(context, DetectionHead.RetinaNet);
        (options.PretrainedWeights, options.Epochs, options.LearningRate) = (path, 1, 1e-9);
        var log = new List<string>();
        context.Log += (_, entry) => log.Add(entry.Message);
        using var model = context.MulticlassClassification.Trainers.ConformerObjectDetection(options)
            .Fit(context.Data.LoadFromCoco(_training, classNames: DrawnObjects.Classes));
        Assert.IsTrue(log.Any(line => line.Contains("is a classifier", StringComparison.Ordinal)), string.Join("\n", log));

        options.Backbone = DrawnObjects.Backbone with { EmbedDim = 48 };
        var error = Assert.ThrowsExactly<WeightMismatchException>(() => context.MulticlassClassification.Trainers
            .ConformerObjectDetection(options).Fit(context.Data.LoadFromCoco(_training, classNames: DrawnObjects.Classes)));
        StringAssert.Contains(error.Message, "classifier.safetensors");
    }

    [TestMethod]
    public void WrongOptionsAreAllNamed()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new MLContext().MulticlassClassification.Trainers.ConformerObjectDetection(
            new ConformerObjectDetectionTrainer.Options
            {
                Epochs = 0,
                LearningRate = double.NaN,
                ShortestSide = 8,
                MicroBatchSize = 3,
                Augmentation = new DetectionAugmentation { FlipProbability = 2 },
                Architecture = new DetectorArchitecture { Backbone = new ConformerArchitecture { Depth = 3 } },
            }));
        foreach (var name in (string[])["Epochs", "LearningRate", "ShortestSide", "MicroBatchSize", "FlipProbability", "level 4"])
            StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    public void BoxesThatDoNotFitTheirLabelsAreAnErrorThatNamesTheRow()
    {
        var context = new MLContext();
        var data = context.Transforms.Conversion.MapValueToKey("Label").Fit(Rows(context, [1, 2, 3, 4])).Transform(Rows(context, [1, 2, 3]));
        var options = Options(context, DetectionHead.FasterRcnn);
        options.ValidationSet = null;
        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => context.MulticlassClassification.Trainers.ConformerObjectDetection(options).Fit(data));
        StringAssert.Contains(error.Message, "Row 0");
        StringAssert.Contains(error.Message, "BoundingBoxes");
    }

    private static IDataView Rows(MLContext context, float[] boxes) =>
        context.Data.LoadFromEnumerable([new Row { ImagePath = "none.png", Label = ["red"], BoundingBoxes = boxes }]);

    private static ConformerObjectDetectionTrainer.Options Options(MLContext context, DetectionHead head) => new()
    {
        ImageColumnName = "ImagePath",
        Architecture = DrawnObjects.Detector with { Head = head },
        LongestSide = 64,
        ShortestSide = 64,
        Epochs = 2,
        BatchSize = 2,
        LearningRate = 1e-3,
        WarmupSteps = 2,
        MaxGradientNorm = 5,
        Threads = 1,
        ValidationSet = context.Data.LoadFromCoco(_validation, classNames: DrawnObjects.Classes),
    };

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";
        public string[] Label { get; set; } = [];
        public float[] BoundingBoxes { get; set; } = [];
    }

    private sealed class Told<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }
}
