using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Distillation;
using Microsoft.ML.Conformer.Tests.Scoring;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Distillation;

[TestClass]
public sealed class BatchTeacherTests
{
    private const int Side = 40, Length = Photo.Side * Photo.Side * 3;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _photos = Photo.View(_context, Photo.Set(9, width: Side, height: Side));
    private static readonly TrainingBatchOptions _options = new()
    {
        BatchSize = 4,
        Seed = 1,
        Augmentation = new ImageAugmentation(new AugmentationRecipe()),
    };

    [TestMethod]
    public void TheTeacherSeesTheAugmentedImagesOfEachBatch()
    {
        using var model = ScoringModel.Create(_photos);
        using var images = Read();
        var (teacher, preprocessor) = (Of(model), images.Preprocessor);
        var batches = new TrainingBatches(images, _options with { Teacher = new AugmentedImageTeacher(teacher, images) });

        foreach (ImageBatch batch in batches.ReadEpoch(0, 0, default))
        {
            var seen = batch.Pixels.Chunk(Length).Take(batch.Count).Select(pixels =>
            {
                var rgb = new byte[Length];
                preprocessor.Denormalize(pixels, rgb);
                return new RgbImage(Photo.Side, Photo.Side, rgb);
            }).ToList();
            var expected = new float[4 * 3];
            teacher.Score(seen, _ => "", expected, default);
            CollectionAssert.AreEqual(expected, batch.TeacherScores);
        }
    }

    [TestMethod]
    public void AnAugmentedImagesBytesAreThoseBeforeItWasNormalized()
    {
        var preprocessor = new ImagePreprocessor(Photo.Side, new());
        var (bytes, pixels, again) = (new byte[Length], new float[Length], new byte[Length]);
        new Random(1).NextBytes(bytes);
        preprocessor.Normalize(bytes, pixels, PixelLayout.Nhwc);
        preprocessor.Denormalize(pixels, again);

        CollectionAssert.AreEqual(bytes, again);
    }

    [TestMethod]
    public void ATeacherOfWholeImagesKnowsThemAllAndGivesEachCropItsImagesScores()
    {
        using var model = ScoringModel.Create(_photos);
        using var images = Read();
        var expected = ScoringModel.Scores(model.Transform(_photos));
        var batches = new TrainingBatches(images, _options with { Teacher = new WholeImageTeacher(Of(model), images, default) });

        for (var epoch = 0; epoch < 2; epoch++)
            foreach (ImageBatch batch in batches.ReadEpoch(epoch, 0, default))
                CollectionAssert.AreEqual(
                    batch.Images.SelectMany(image => expected[image]).ToArray(), batch.TeacherScores);
    }

    [LeakCheckedTestMethod]
    public void TensorsHaveTheLabelsAndTheTeachersProbabilities()
    {
        using var scope = torch.NewDisposeScope();
        var batch = new ImageBatch(new float[3 * Length], Photo.Side, [2, 0, 1], [0, 1, 2], 2)
        {
            TeacherScores = [0.1f, 0.2f, 0.7f, 0.5f, 0.5f, 0, 9, 9, 9],
        };

        var (images, targets) = batch.ToTensors(torch.CPU);
        var (_, mixed) = new BatchMix(0.75, null, BatchMix.Reversed(2)).Apply(images, targets, 3);

        Assert.AreEqual(2, targets.Count);
        CollectionAssert.AreEqual(new long[] { 2, 3 }, targets[0].shape);
        CollectionAssert.AreEqual(new[] { 0f, 0, 1, 1, 0, 0 }, targets[0].Values());
        CollectionAssert.AreEqual(new[] { 0.1f, 0.2f, 0.7f, 0.5f, 0.5f, 0 }, targets[1].Values());
        Assert.AreClose(new[] { 0.25, 0, 0.75, 0.75, 0, 0.25 }, mixed[0].Values(), 1e-6, "labels");
        Assert.AreClose(new[] { 0.2, 0.275, 0.525, 0.4, 0.425, 0.175 }, mixed[1].Values(), 1e-6, "mixed as labels are");
    }

    [TestMethod]
    public void AnErrorOfTheTeacherReachesTheReader()
    {
        using var images = Read();
        var batches = new TrainingBatches(images, _options with { Teacher = new Failing() });

        Assert.ThrowsExactly<InvalidDataException>(() => batches.ReadEpoch(0, 0, default).Count());
    }

    private static ImageDataset Read() => ImageDataset.ForTraining(
        _photos, new() { ImageColumnName = "Image", LabelColumnName = "Label", Preprocessor = new(Photo.Side, new()) }, default);

    private static Teacher Of(ITransformer teacher) => new(
        _context, new() { Teacher = teacher }, "Image", ClassLabels.Of(_photos.Schema["Label"]));

    private sealed class Failing : IBatchTeacher
    {
        public int ClassCount => 3;

        public void Score(ImageBatch batch, CancellationToken cancellation) => throw new InvalidDataException();
    }
}
