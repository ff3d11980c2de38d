using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Records;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Training.Records;

[TestClass]
public sealed class TensorBoardRecordTests
{
    private static readonly ImagePreprocessor _preprocessor = new(Photo.Side, new ImagePreprocessing());
    private static readonly long[] _labels = [0, 1, 2, 2];

    [LeakCheckedTestMethod]
    public void ScalarsHaveTheReportsValuesAndSteps()
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        using (var record = Open(folder, new()))
        {
            run.Tell(record, epoch: 1, step: 1);
            run.Tell(record, epoch: 1, step: 10);
            run.End(record, epoch: 1, new ClassificationFigures(0.75, 0.5) { MacroAccuracy = 0.625 });
            run.End(record, epoch: 2);
        }

        var events = EventFile.ReadOnly(folder.Path);
        CollectionAssert.AreEqual(new[] { (1L, 1.5f), (10L, 1.5f), (20L, 0.75f) }, Scalars("train/loss"));
        CollectionAssert.AreEqual(new[] { (1L, 5e-5f), (10L, 5e-5f), (20L, 5e-5f) }, Scalars("train/learning_rate"));
        CollectionAssert.AreEqual(new[] { (1L, 12.5f), (10L, 12.5f), (20L, 12.5f) }, Scalars("train/images_per_second"));
        CollectionAssert.AreEqual(new[] { (10L, 0.75f) }, Scalars("validation/accuracy"));
        CollectionAssert.AreEqual(new[] { (10L, 0.5f) }, Scalars("validation/loss"));
        CollectionAssert.AreEqual(new[] { (10L, 0.625f) }, Scalars("validation/macro_accuracy"));

        (long, float)[] Scalars(string tag) => [.. events[tag].Select(e => (e.Step, e.Value.SimpleValue))];
    }

    [LeakCheckedTestMethod]
    public void TheFirstImagesAreShownSideBySideAsTheyWereBeforeTheyWereNormalized()
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        var images = new byte[4 * _preprocessor.ByteCount];
        new Random(1).NextBytes(images);
        var pixels = new float[images.Length];
        for (var start = 0; start < images.Length; start += _preprocessor.ByteCount)
            _preprocessor.Normalize(images.AsSpan(start, _preprocessor.ByteCount), pixels.AsSpan(start), PixelLayout.Nhwc);
        using (var record = Open(folder, new() { AugmentedImages = 3 }))
        {
            run.Tell(record, epoch: 1, step: 1, new ImageBatch(pixels, Photo.Side, _labels, [0, 1, 2, 3], 4));
            run.Tell(record, epoch: 1, step: 5);
        }

        var (step, value) = EventFile.ReadOnly(folder.Path)["train/augmented images"].Single();
        var (rgb, width, height) = EventFile.Decode(value);
        Assert.AreEqual(1, step);
        Assert.AreEqual((3 * Photo.Side, Photo.Side), (width, height));
        var row = 3 * Photo.Side;
        for (var image = 0; image < 3; image++)
            for (var y = 0; y < Photo.Side; y++)
                CollectionAssert.AreEqual(
                    images.AsSpan(image * _preprocessor.ByteCount + y * row, row).ToArray(),
                    rgb.AsSpan((3 * y + image) * row, row).ToArray(), $"row {y} of image {image}");
    }

    [LeakCheckedTestMethod]
    public void TheConfusionMatrixIsAnImage()
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        using (var record = Open(folder, new()))
            run.End(record, epoch: 1, new ClassificationFigures(0.5, 1) { Predictions = [0, 1, 2, 0] });

        var events = EventFile.ReadOnly(folder.Path);
        var (step, value) = events["validation/confusion"].Single();
        var (rgb, width, height) = EventFile.Decode(value);
        var expected = new ConfusionMatrix(_labels, ["0", "1", "2"]).Draw([0, 1, 2, 0])!.Value;
        Assert.AreEqual(10, step);
        Assert.AreEqual((expected.Side, expected.Side), (width, height));
        CollectionAssert.AreEqual(expected.Rgb, rgb);
        var names = events["validation/confusion rows and columns/text_summary"].Single().Value.Tensor.StringVal.Single();
        Assert.AreEqual("1. 0\n1. 1\n1. 2", names.ToStringUtf8());
    }

    [LeakCheckedTestMethod]
    public void OnRequestEveryWeightTensorHasAHistogramUnlessItIsNotFinite()
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        using (torch.no_grad())
            run.Network.get_parameter("conv_cls_head.bias")!.fill_(float.NaN);
        using (var record = Open(folder, new() { WeightHistograms = true }))
            run.End(record, epoch: 1);

        var events = EventFile.ReadOnly(folder.Path);
        using var scope = torch.NewDisposeScope();
        foreach (var (name, weights) in run.Network.named_parameters().Where(p => p.name != "conv_cls_head.bias"))
        {
            var histogram = events[$"weights/{name}"].Single().Value.Histo;
            var values = weights.Values();
            Assert.AreEqual(values.Length, histogram.Num);
            Assert.AreEqual(values.Length, histogram.Bucket.Sum(), 1e-9, name);
            Assert.AreEqual(values.Min(), histogram.Min);
            Assert.AreEqual(values.Max(), histogram.Max);
        }
        Assert.IsFalse(events.Contains("weights/conv_cls_head.bias"));
    }

    [LeakCheckedTestMethod]
    public void ANewRunReplacesTheFilesOfAnEarlierOneAndAResumedRunAddsOne()
    {
        using var folder = new TemporaryFolder();
        using var run = new RecordedRun();
        File.WriteAllText(folder.File("notes.txt"), "mine");
        Record(epoch: 1);
        Record(epoch: 2);
        Assert.AreEqual(2 + 1, Directory.GetFiles(folder.Path).Length);

        Record(epoch: 1);

        Assert.AreEqual(1 + 1, Directory.GetFiles(folder.Path).Length);
        Assert.AreEqual("mine", File.ReadAllText(folder.File("notes.txt")));

        void Record(int epoch)
        {
            using var record = Open(folder, new());
            run.Tell(record, epoch, step: 1);
        }
    }

    private static TensorBoardRecord Open(TemporaryFolder folder, TrainingRecordOptions options) =>
        new(folder.Path, options, new ImagePreprocessing(), new ConfusionMatrix(_labels, ["0", "1", "2"]), torch.CPU);
}
