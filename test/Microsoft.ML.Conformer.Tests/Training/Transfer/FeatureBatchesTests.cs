using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Transfer;

[TestClass]
public sealed class FeatureBatchesTests
{
    private const int Images = 24, BatchSize = 8;

    private static readonly int _length = ScoringModel.Architecture.Heads.Sum(head => head.Width);
    private static readonly long[] _labels = [.. Enumerable.Range(0, Images).Select(image => (long)image % 3)];

    [LeakCheckedTestMethod]
    public void EpochsTakeTheViewsInTurnAndImagesInTheirOrder()
    {
        float[][] views = [View(0), View(1000)];
        int[] order = [.. Enumerable.Range(0, Images).Reverse()];
        var batches = new FeatureBatches(views, new SameImages(3, batchSize: BatchSize), _labels, BatchSize, _ => Once(order));

        for (var epoch = 0; epoch < 3; epoch++)
        {
            using var scope = NewDisposeScope();
            var read = batches.ReadEpoch(epoch, firstBatch: 1, default).Cast<ImageBatch>().ToList();
            Assert.AreEqual(2, read.Count);
            CollectionAssert.AreEqual(order[BatchSize..], read.SelectMany(batch => batch.Images).ToList());
            CollectionAssert.AreEqual(read.SelectMany(batch => batch.Images).Select(image => _labels[image]).ToList(),
                read.SelectMany(batch => batch.Labels).ToList());
            var (features, targets) = read[0].ToTensors(CPU);
            CollectionAssert.AreEqual(new long[] { BatchSize, _length }, features.shape);
            CollectionAssert.AreEqual(new long[] { BatchSize }, targets.Single().shape);
            CollectionAssert.AreEqual(
                order[BatchSize..(2 * BatchSize)].Select(image => image + (epoch % 2 * 1000f)).ToList(),
                features.select(1, 0).Values());
        }
    }

    [TestMethod]
    public void AnImageThatAnEpochShowsAgainHasItsNextView()
    {
        float[][] views = [View(0), View(100), View(200)];
        (int, int)[] shown = [(5, 0), (5, 1), (5, 2), (5, 3), (7, 0), (7, 1), (5, 4), (9, 0)];
        var batches = new FeatureBatches(views, new SameImages(1, batchSize: BatchSize), _labels, BatchSize, _ => shown);

        var (first, second) = (Features(0), Features(1));

        CollectionAssert.AreEqual(new[] { 5f, 105, 205, 5, 7, 107, 105, 9 }, first);
        CollectionAssert.AreEqual(new[] { 105f, 205, 5, 105, 107, 207, 205, 109 }, second);

        float[] Features(int epoch) =>
            [.. batches.ReadEpoch(epoch, 0, default).Cast<ImageBatch>().Single().Pixels.Where((_, place) => place % _length == 0)];
    }

    [TestMethod]
    public void ATeachersScoresGoWithTheImagesOfABatch()
    {
        int[] order = [.. Enumerable.Range(0, Images).Reverse()];
        var batches = new FeatureBatches([new float[Images * _length]], new SameImages(3, batchSize: BatchSize), _labels, BatchSize,
            _ => Once(order), new NumberingTeacher());

        var scores = batches.ReadEpoch(0, 0, default).Cast<ImageBatch>().SelectMany(batch => batch.TeacherScores).ToArray();

        CollectionAssert.AreEqual(order.SelectMany(image => new[] { image, 0.5f, -image }).ToArray(), scores);
    }

    /// <summary>MKL's products round by how their inputs are aligned, and .NET puts arrays now here and now there.</summary>
    [LeakCheckedTestMethod]
    public void WeightsAreTheSameToTheBitWhereverTheFeaturesLieInMemory()
    {
        var random = new Random(1);
        float[] features = [.. Enumerable.Range(0, Images * _length).Select(_ => random.NextSingle() - 0.5f)];
        var first = Trained(features);

        for (var run = 0; run < 8; run++)
        {
            float[][] between = [.. Enumerable.Range(0, random.Next(50)).Select(_ => new float[random.Next(3000)])];
            CollectionAssert.AreEqual(first, Trained(features));
            GC.KeepAlive(between);
        }
    }

    private static float[] View(float start) =>
        [.. Enumerable.Range(0, Images).SelectMany(image => Enumerable.Repeat(start + image, _length))];

    private static (int, int)[] Once(IEnumerable<int> images) => [.. images.Select(image => (image, 0))];

    private sealed class NumberingTeacher : IBatchTeacher
    {
        public int ClassCount => 3;

        public void Score(ImageBatch batch, CancellationToken cancellation)
        {
            for (var slot = 0; slot < batch.Count; slot++)
                (batch.TeacherScores[3 * slot], batch.TeacherScores[3 * slot + 1], batch.TeacherScores[3 * slot + 2]) =
                    (batch.Images[slot], 0.5f, -batch.Images[slot]);
        }
    }

    private static float[] Trained(float[] features)
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        var batches = new FeatureBatches(
            [features], new SameImages(3, batchSize: BatchSize), _labels, BatchSize, _ => Once(Enumerable.Range(0, Images)));
        using var heads = new FeatureNetwork(network);
        TrainingLoop.Run(
            new ClassificationTask(heads, labelSmoothing: 0.1), ScriptedRun.Settings, batches, null, new TrainingHost(),
            CancellationToken.None);
        return [.. network.Architecture.Heads.SelectMany(head => network.get_parameter($"{head.Layer}.weight")!.Values())];
    }
}
