using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Reading;

namespace Microsoft.ML.Conformer.Tests.Batches;

[TestClass]
public sealed class TrainingBatchesTests
{
    private static readonly ImageReadOptions _read =
        new() { ImageColumnName = "Image", LabelColumnName = "Label", Preprocessor = new(16, new()) };
    private static readonly TrainingBatchOptions _options = new()
    {
        BatchSize = 4,
        Seed = 7,
        Augmentation = new ImageAugmentation(new AugmentationRecipe()),
    };

    [TestMethod]
    [DataRow(false, 1)]
    [DataRow(true, 1, DisplayName = "of balanced classes")]
    [DataRow(false, 3, DisplayName = "of repeated images")]
    public void AnEpochIsTheSameForAnyNumberOfWorkersAndMemoryLimit(bool balanced, int views)
    {
        var options = _options with { Balanced = balanced, Views = views };
        using var dataset = Dataset(11);
        using var spilled = Dataset(11, _read with { MaxCacheBytes = 3000 });
        Assert.IsTrue(spilled.IsSpilled);
        var single = Epoch(new TrainingBatches(dataset, options with { Workers = 1 }), 3);

        foreach (var workers in (int[])[1, 4])
        {
            var again = Epoch(new TrainingBatches(spilled, options with { Workers = workers }), 3);
            Assert.AreEqual(single.Count, again.Count);
            for (var i = 0; i < single.Count; i++)
            {
                CollectionAssert.AreEqual(single[i].Labels, again[i].Labels);
                CollectionAssert.AreEqual(single[i].Pixels, again[i].Pixels);
            }
        }
    }

    [TestMethod]
    [DataRow(false, 1)]
    [DataRow(true, 1)]
    [DataRow(true, 3)]
    public void ItIsTheSameFromABatchInItsMidst(bool balanced, int views)
    {
        using var dataset = Dataset(11);
        var batches = new TrainingBatches(dataset, _options with { Balanced = balanced, Views = views });
        var whole = Epoch(batches, 2);

        var second = batches.ReadEpoch(2, firstBatch: 1, default).Cast<ImageBatch>().Single();

        CollectionAssert.AreEqual(whole[1].Images, second.Images);
        CollectionAssert.AreEqual(whole[1].Pixels, second.Pixels);
    }

    [TestMethod]
    public void AnImageThatComesAgainIsAnotherCrop()
    {
        using var dataset = Dataset(12);
        var batch = Epoch(new TrainingBatches(dataset, _options with { Views = 4 }), 0)[0];

        Assert.AreEqual(1, batch.Images.Distinct().Count());
        var crops = batch.Pixels.Chunk(16 * 16 * 3).ToList();
        Assert.AreEqual(4, crops.DistinctBy(crop => string.Join(" ", crop)).Count());
        var random = new ImageRandom(_options.Seed, 0, batch.Images[0]);
        using var lease = dataset.Rent(batch.Images[0]);
        var expected = new float[16 * 16 * 3];
        _options.Augmentation.Apply(lease.Image, dataset.Preprocessor, random, expected);
        CollectionAssert.AreEqual(expected, crops[0], "the first is that of an epoch that shows it once");
    }

    [TestMethod]
    public void ABalancedBatchHasEachClassEquallyOften()
    {
        var rows = Enumerable.Range(0, 12).Select(i => new ImageRowSource(i == 5 ? 2u : 1, _ => FormulaImage.MLImage(20, 20, i))).ToList();
        using var dataset = ImageDataset.ForTraining(new ImageRowsView(rows), _read, default);

        foreach (var batch in Epoch(new TrainingBatches(dataset, _options with { Balanced = true }), 0))
            CollectionAssert.AreEquivalent(new long[] { 0, 0, 1, 1 }, batch.Labels);
    }

    [TestMethod]
    public void EpochsAndSeedsDiffer()
    {
        using var dataset = Dataset(12);
        var batches = new TrainingBatches(dataset, _options);
        var first = Epoch(batches, 0)[0].Pixels;

        CollectionAssert.AreNotEqual(first, Epoch(batches, 1)[0].Pixels);
        CollectionAssert.AreNotEqual(first, Epoch(new TrainingBatches(dataset, _options with { Seed = 8 }), 0)[0].Pixels);
    }

    [TestMethod]
    public void TheLastBatchIsKeptWhereItIsAskedFor()
    {
        using var dataset = Dataset(11);
        var batches = new TrainingBatches(dataset, _options with { ShowsEachOnce = true });

        var images = batches.ReadEpoch(2, 0, default).Select(batch => batch.ImageNumbers.ToArray()).ToList();

        CollectionAssert.AreEqual(new[] { 4, 4, 3 }, images.Select(batch => batch.Length).ToList());
        Assert.AreEqual(3, batches.BatchCount);
        CollectionAssert.AreEqual(Order(2), images.SelectMany(batch => batch).ToList());
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 11).ToList(), Order(2));

        List<int> Order(int epoch) => [.. batches.Order(epoch).Select(shown => shown.Image)];
    }

    [TestMethod]
    public void EachImageComesOnceAnEpochInAnotherOrder()
    {
        // Each image is of a class of its own.
        var rows = Enumerable.Range(0, 12).Select(i => new ImageRowSource((uint)i + 1, _ => FormulaImage.MLImage(20, 20, i))).ToList();
        using var dataset = ImageDataset.ForTraining(new ImageRowsView(rows, classes: 12), _read, default);
        var batches = new TrainingBatches(dataset, _options);

        var orders = Enumerable.Range(0, 3).Select(epoch => Epoch(batches, epoch).SelectMany(batch => batch.Labels).ToArray()).ToList();

        foreach (var order in orders)
            CollectionAssert.AreEquivalent(Enumerable.Range(0, 12).Select(i => (long)i).ToArray(), order);
        CollectionAssert.AreNotEqual(orders[0], orders[1]);
        CollectionAssert.AreNotEqual(orders[1], orders[2]);
    }

    [TestMethod]
    [DataRow(12, 3, 12)]
    [DataRow(11, 2, 8)]
    [DataRow(4, 1, 4)]
    [DataRow(3, 1, 3)]
    [DataRow(0, 0, 0)]
    public void LeavesOutALastBatchThatIsNotFullUnlessItIsTheOnlyOne(int images, int batchCount, int imageCount)
    {
        using var dataset = Dataset(images);
        var batches = new TrainingBatches(dataset, _options);

        var epoch = Epoch(batches, 0);

        Assert.AreEqual(batchCount, batches.BatchCount);
        Assert.AreEqual(batchCount, epoch.Count);
        Assert.AreEqual(imageCount, epoch.Sum(batch => batch.Count));
    }

    [TestMethod]
    public void AnImageIsWhatTheAugmentationMakesOfItWithItsOwnStream()
    {
        using var dataset = Dataset(1);
        var augmentation = new ImageAugmentation(new() { RandAugment = new() { Probability = 1 } });
        var expected = new float[16 * 16 * 3];
        augmentation.Apply(FormulaImage.Rgb(20, 20), new ImagePreprocessor(16, new()), new ImageRandom(7, 5, 0), expected);

        var batch = Epoch(new TrainingBatches(dataset, _options with { Augmentation = augmentation }), 5)[0];

        CollectionAssert.AreEqual(expected, batch.Pixels);
    }

    [TestMethod]
    public void CancellingEndsTheEpoch()
    {
        using var dataset = Dataset(40);
        using var stop = new CancellationTokenSource();
        var seen = 0;

        Assert.ThrowsExactly<OperationCanceledException>(() =>
        {
            foreach (var _ in new TrainingBatches(dataset, _options).ReadEpoch(0, 0, stop.Token))
            {
                if (++seen == 3)
                    stop.Cancel();
            }
        });

        Assert.AreEqual(3, seen);
    }

    [TestMethod]
    public void AnErrorInTheBackgroundReachesTheReaderAsItIs()
    {
        var dataset = Dataset(40);
        var batches = new TrainingBatches(dataset, _options with { Workers = 3 });

        Assert.ThrowsExactly<ObjectDisposedException>(() =>
        {
            foreach (var _ in batches.ReadEpoch(0, 0, default))
                dataset.Dispose();
        });
    }

    [TestMethod]
    public void StoppingEarlyLeavesTheSourceUsable()
    {
        using var dataset = Dataset(40);
        var batches = new TrainingBatches(dataset, _options);
        var whole = Epoch(batches, 1);

        for (var i = 0; i < 5; i++)
            _ = batches.ReadEpoch(i, 0, default).First();

        CollectionAssert.AreEqual(whole[9].Pixels, Epoch(batches, 1)[9].Pixels);
    }

    [TestMethod]
    public void EvaluationGivesEveryImageOnceInOrder()
    {
        using var dataset = ImageDataset.ForEvaluation(new ImageRowsView(ImageRowsView.Good(7)), _read, default);
        var batches = new EvaluationBatches(dataset, 3, RankShare.All);

        var epoch = Epoch(batches, 0);

        CollectionAssert.AreEqual(new[] { 3, 3, 1 }, epoch.Select(batch => batch.Count).ToArray());
        Assert.AreEqual(3, batches.BatchCount);
        CollectionAssert.AreEqual(new long[] { 0, 1, 0, 1, 0, 1, 0 }, epoch.SelectMany(batch => batch.Labels).ToArray());
        var expected = new float[16 * 16 * 3];
        new ImagePreprocessor(16, new()).Preprocess(FormulaImage.Rgb(24, 20, 4), expected, PixelLayout.Nhwc);
        CollectionAssert.AreEqual(expected, epoch[1].Pixels[expected.Length..(2 * expected.Length)]);
    }

    private static ImageDataset Dataset(int images, ImageReadOptions? options = null) =>
        ImageDataset.ForTraining(new ImageRowsView(ImageRowsView.Good(images)), options ?? _read, default);

    /// <summary>Copies of an epoch's batches, cut to their images.</summary>
    private static List<ImageBatch> Epoch(IBatchSource source, int epoch)
    {
        return [.. source.ReadEpoch(epoch, 0, default).Cast<ImageBatch>().Select(batch => batch with
        {
            Pixels = batch.Pixels[..(batch.Count * batch.ImageSize!.Value * batch.ImageSize.Value * 3)],
            Labels = batch.Labels[..batch.Count],
            Images = batch.Images[..batch.Count],
        })];
    }
}
