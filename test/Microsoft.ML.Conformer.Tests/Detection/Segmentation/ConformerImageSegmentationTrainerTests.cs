using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Models;
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
        (options.Epochs, options.Progress) = (24, new Told(reports.Add));
        var data = DrawnScenes.Load(context, _validation);
        var trainer = context.MulticlassClassification.Trainers.ConformerImageSegmentation(options);

        using var model = trainer.Fit(DrawnScenes.Load(context, _training));

        var figures = reports.Last(report => report is { EpochEnded: true, IsBest: true }).ValidationFigures!;
        var metrics = context.MulticlassClassification.EvaluateSegmentation(model.Transform(data));
        Console.WriteLine(metrics);
        // All ground has a mean IoU of 0.2, and the right class everywhere inside of the image's middle one below 0.6.
        Assert.IsGreaterThan(0.6, metrics.MeanIntersectionOverUnion!.Value, metrics.Summary);
        Assert.AreEqual(metrics.MeanIntersectionOverUnion.Value, figures["mIoU"], 2e-3, "single pixels are between two classes");
        Assert.AreEqual(metrics.PixelAccuracy!.Value, figures["pixel_accuracy"], 2e-3);
        Assert.AreEqual(metrics.MeanClassAccuracy!.Value, figures["mean_class_accuracy"], 2e-3);
        CollectionAssert.AreEqual(DrawnScenes.Classes, model.ClassNames.ToArray());
        Assert.AreEqual(
            string.Join(", ", model.GetOutputSchema(data.Schema).Select(column => column.Name)),
            string.Join(", ", trainer.GetOutputSchema(SchemaShape.Create(data.Schema)).Select(column => column.Name)));

        var path = _folder.File("segmenter.onnx");
        model.SaveAsOnnx(path);
        using var loaded = context.Model.LoadImageSegmenter(path, imageColumnName: "ImagePath");
        Assert.AreEqual(metrics.Summary, context.MulticlassClassification.EvaluateSegmentation(loaded.Transform(data)).Summary);
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
        LongestSide = 128,
        ShortestSide = 128,
        CropSize = 128,
        Augmentation = new SegmentationAugmentation { SmallestScale = 0.8, LargestScale = 1.25 },
        Epochs = 2,
        BatchSize = 4,
        LearningRate = 3e-3,
        WarmupSteps = 5,
        MaxGradientNorm = 5,
        Threads = 1,
        ValidationSet = DrawnScenes.Load(context, _validation),
    };

    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }
}
