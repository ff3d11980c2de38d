using System.Text.Json;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Batches;

[TestClass]
public sealed class EpochSamplerTests
{
    /// <summary>Three classes of 12, 5 and 2 images, mixed up, and one without any.</summary>
    private static readonly long[] _labels = [0, 4, 0, 1, 0, 1, 0, 0, 1, 0, 4, 0, 0, 1, 0, 0, 1, 0, 0];

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("samplers").Cases();

    /// <summary>
    /// The reference cuts an epoch to a multiple of 256 images, which leaves none of a smaller data set; ours has as many as there are.
    /// </summary>
    [TestMethod]
    [DynamicData(nameof(Files))]
    public void RepeatedAugmentationBeginsAsTheReferenceDoes(string? file)
    {
        var root = GoldenFiles.Read(file);
        foreach (var golden in root.GetProperty("repeated_augmentation").EnumerateArray())
        {
            var (order, processes, rank) = Read(root, golden);
            var expected = Indices(golden);

            var dealt = EpochSampler.Deal(order, views: 3, new RankShare(rank, processes));

            Assert.AreEqual((order.Length + processes - 1) / processes, dealt.Length);
            CollectionAssert.AreEqual(expected, dealt.Take(expected.Length).Select(shown => shown.Image).ToArray());
        }
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void ASingleViewIsDealtAsByPyTorchsDistributedSampler(string? file)
    {
        var root = GoldenFiles.Read(file);
        foreach (var golden in root.GetProperty("distributed").EnumerateArray())
        {
            var (order, processes, rank) = Read(root, golden);

            var dealt = EpochSampler.Deal(order, views: 1, new RankShare(rank, processes)).Select(shown => shown.Image);

            if (golden.GetProperty("drop_last").GetBoolean()) // ours never does
                dealt = dealt.Take(order.Length / processes);
            CollectionAssert.AreEqual(Indices(golden), dealt.ToArray());
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(4)]
    public void TheProcessesTogetherShowEachViewOfAnImageOnce(int processes)
    {
        int[] order = [.. Enumerable.Range(0, 40).Reverse()];

        var all = Enumerable.Range(0, processes).SelectMany(process => EpochSampler.Deal(order, 3, new RankShare(process, processes))).ToList();

        CollectionAssert.AllItemsAreUnique(all);
        CollectionAssert.AreEquivalent(
            order.SelectMany(image => Enumerable.Range(0, 3).Select(view => (image, view))).Take(40).ToList(), all);
    }

    [TestMethod]
    public void WithoutOptionsTheOrderIsFisherAndYatesWithTheEpochsStream()
    {
        var shown = new EpochSampler(new long[12], seed: 7).Epoch(3);

        // Computed by a program of its own from the definitions of SplitMix64 and of the shuffle.
        CollectionAssert.AreEqual(new[] { 11, 7, 4, 2, 5, 0, 9, 3, 8, 6, 1, 10 }, shown.Select(image => image.Image).ToArray());
        Assert.IsTrue(shown.All(image => image.View == 0));
    }

    [TestMethod]
    [DataRow(2, 2)]
    [DataRow(3, 3)]
    [DataRow(100, 100)]
    public void AnEpochOfRepeatedAugmentationHasAsManyImagesAsThereAre(int count, int views)
    {
        var shown = new EpochSampler(new long[count], seed: 1) { Views = views }.Epoch(0);

        Assert.AreEqual(count, shown.Length);
        Assert.AreEqual(1, shown.Select(image => image.Image).Distinct().Count());
        CollectionAssert.AreEqual(Enumerable.Range(0, count).ToArray(), shown.Select(image => image.View).ToArray());
    }

    [TestMethod]
    public void ABalancedEpochShowsEachClassEquallyOftenThroughout()
    {
        var sampler = new EpochSampler(_labels, seed: 1) { Balanced = true };
        var seenLast = new HashSet<long>();

        for (var epoch = 0; epoch < 20; epoch++)
        {
            var shown = sampler.Epoch(epoch);

            Assert.AreEqual(_labels.Length, shown.Length);
            foreach (var turn in shown.SkipLast(1).Chunk(3)) // 19 images are six turns of three classes, and one
                CollectionAssert.AreEquivalent(new long[] { 0, 1, 4 }, turn.Select(image => _labels[image.Image]).ToArray());
            seenLast.Add(_labels[shown[^1].Image]);
            foreach (var images in shown.GroupBy(image => _labels[image.Image]))
            {
                var times = images.CountBy(image => image.Image).Select(image => image.Value).ToList();
                var all = _labels.Count(label => label == images.Key);
                Assert.AreEqual(Math.Min(all, images.Count()), times.Count, "no image comes again before each of its class did");
                Assert.IsTrue(times.Max() - times.Min() <= 1);
            }
            foreach (var views in shown.GroupBy(image => image.Image, image => image.View))
                CollectionAssert.AreEqual(Enumerable.Range(0, views.Count()).ToArray(), views.ToArray());
        }
        Assert.AreEqual(3, seenLast.Count, "no class has more turns than others in the long run");
    }

    [TestMethod]
    public void ABalancedOrderFollowsFromSeedAndEpochAlone()
    {
        var order = Balanced(seed: 1, epoch: 2);

        CollectionAssert.AreEqual(order, Balanced(seed: 1, epoch: 2));
        CollectionAssert.AreNotEqual(order, Balanced(seed: 1, epoch: 3));
        CollectionAssert.AreNotEqual(order, Balanced(seed: 2, epoch: 2));

        static (int, int)[] Balanced(int seed, int epoch)
        {
            var sampler = new EpochSampler(_labels, seed) { Balanced = true };
            _ = sampler.Epoch(9); // no state stays
            return sampler.Epoch(epoch);
        }
    }

    [TestMethod]
    public void ABalancedEpochMayRepeatItsImagesToo()
    {
        var once = new EpochSampler(_labels, seed: 1) { Balanced = true }.Epoch(0);
        var twice = new EpochSampler(_labels, seed: 1) { Balanced = true, Views = 2 }.Epoch(0);

        CollectionAssert.AreEqual(
            once.SelectMany(shown => new[] { shown.Image, shown.Image }).Take(_labels.Length).ToArray(),
            twice.Select(shown => shown.Image).ToArray());
        CollectionAssert.AllItemsAreUnique(twice);
    }

    private static (int[] Order, int Processes, int Rank) Read(JsonElement root, JsonElement golden)
    {
        var name = golden.GetProperty("permutation").GetString()!;
        int[] order = name == "identity" ? [.. Enumerable.Range(0, golden.GetProperty("n").GetInt32())]
            : [.. root.GetProperty("permutations").GetProperty(name).Numbers().Select(value => (int)value)];
        return (order, golden.GetProperty("replicas").GetInt32(), golden.GetProperty("rank").GetInt32());
    }

    private static int[] Indices(JsonElement golden) => [.. golden.GetProperty("indices").Numbers().Select(value => (int)value)];
}
