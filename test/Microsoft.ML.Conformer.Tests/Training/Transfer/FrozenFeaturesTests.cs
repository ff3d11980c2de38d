using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using Microsoft.ML.Conformer.Training.Optimization;
using Microsoft.ML.Conformer.Training.Transfer;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Transfer;

[TestClass]
public sealed class FrozenFeaturesTests
{
    private const int Count = 12;

    private static readonly IDataView _photos = Photo.View(new MLContext(seed: 1), Photo.Set(Count, width: 44, height: 40));
    private static readonly TrainingBatchOptions _options = new()
    {
        BatchSize = Count,
        Seed = 1,
        Augmentation = new ImageAugmentation(new AugmentationRecipe()),
        Views = 3,
    };

    [LeakCheckedTestMethod]
    [DataRow(1, 12, 1, DisplayName = "has no part where there is one view")]
    [DataRow(2, 4, 2, DisplayName = "takes the views that there are")]
    [DataRow(4, 4, 3, DisplayName = "takes as many views as it shows of an image")]
    public void RepeatedAugmentationTakesAnotherViewOfAnImageEachTime(int views, int images, int shown)
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var photos = Read();

        var batch = Of(network, Count).OfTraining(photos, _options, views).ReadEpoch(0, 0, default).Cast<ImageBatch>().Single();

        var rows = batch.Images.Zip(batch.Pixels.Chunk(batch.Pixels.Length / batch.Count)).GroupBy(row => row.First).ToList();
        Assert.AreEqual(images, rows.Count);
        foreach (var image in rows)
            Assert.AreEqual(shown, image.DistinctBy(row => string.Join(' ', row.Second)).Count());
    }

    /// <summary>In evaluation mode what goes through the network at once changes the rounding alone.</summary>
    [LeakCheckedTestMethod]
    public void TheFeaturesAreThoseOfAllImagesHoweverManyGoThroughTheNetworkAtOnce()
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var photos = Read();
        var whole = Features(Count);
        var parts = Limit(network, int.MaxValue);

        var inParts = Features(5);

        CollectionAssert.AreEqual(new long[] { 5, 5, 2, 5, 5, 2 }, parts);
        for (var view = 0; view < 2; view++)
            Assert.AreClose(whole[view].Select(value => (double)value), inParts[view], 1e-5, $"view {view}");

        List<float[]> Features(int atOnce)
        {
            var batches = Of(network, atOnce).OfTraining(photos, _options with { Views = 1 }, views: 2);
            return [.. Enumerable.Range(0, 2).Select(epoch => InOrder(batches.ReadEpoch(epoch, 0, default).Cast<ImageBatch>().Single()))];
        }

        static float[] InOrder(ImageBatch batch) =>
            [.. batch.Images.Zip(batch.Pixels.Chunk(batch.Pixels.Length / batch.Count)).OrderBy(row => row.First).SelectMany(row => row.Second)];
    }

    [LeakCheckedTestMethod]
    public void ImagesThatDoNotFitIntoMemoryAtOnceAreAnErrorThatNamesTheirNumber()
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var photos = Read();
        Limit(network, 4);

        var error = Assert.ThrowsExactly<InsufficientMemoryException>(() => Of(network, 5).OfValidation(photos, Count));

        StringAssert.Contains(error.Message, "features of 5 images of 32 x 32 pixels do not fit into the device's memory at once");
        StringAssert.Contains(error.Message, "MicroBatchSize");
    }

    [LeakCheckedTestMethod]
    public void MoreFeaturesThanAnArrayHoldsAreAnErrorThatNamesTheOption()
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);

        var error = Assert.ThrowsExactly<InsufficientMemoryException>(
            () => Of(network, 2).Of(new SameImages(batches: 1 << 29), views: 1, "training"));

        StringAssert.Contains(error.Message, "features of 1073741824 training images");
        StringAssert.Contains(error.Message, "Set Transfer.CachedViews to 0");
    }

    [LeakCheckedTestMethod]
    [DataRow("conv1.weight", true)]
    [DataRow("trans_norm.bias", true)]
    [DataRow("conv_cls_head.weight", false)]
    public void TheHashIsOfWhatIsBelowTheHeads(string changed, bool isPart)
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var noGrad = no_grad();
        var before = FrozenFeatures.HashOf(network);
        Assert.AreEqual(before, FrozenFeatures.HashOf(network));

        network.get_parameter(changed)!.add_(1e-6f);

        Assert.AreEqual(isPart, before != FrozenFeatures.HashOf(network));
    }

    [LeakCheckedTestMethod]
    public void TheHeadsStayTheNetworksWhereTheirPlaceIsDisposedOf()
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var layout = FlatWeights.WithoutGradients(network);
        using var scope = NewDisposeScope();
        var (images, _) = NoiseBatch.Of(2);
        network.eval();
        var before = VisionNetwork.SumHeads(network.call(images)).Values();

        var heads = new FeatureNetwork(network);
        Assert.AreEqual(4, heads.state_dict().Count);
        heads.Dispose();
        heads.Dispose();

        CollectionAssert.AreEqual(before, VisionNetwork.SumHeads(network.call(images)).Values());
    }

    /// <summary>Notes how many images go through the network at once; a device has room for so many.</summary>
    private static List<long> Limit(ConformerNetwork network, int fit)
    {
        var parts = new List<long>();
        ((Conv2d)network.named_modules().First(module => module.name == "conv1").module).register_forward_pre_hook((_, images) =>
        {
            parts.Add(images.shape[0]);
            return images.shape[0] <= fit ? images : throw new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB");
        });
        return parts;
    }

    private static FrozenFeatures Of(ConformerNetwork network, int atOnce) => new(network, CPU, atOnce, new Alone(), _ => { }, default);

    private static ImageDataset Read() => ImageDataset.ForTraining(
        _photos, new() { ImageColumnName = "Image", LabelColumnName = "Label", Preprocessor = new(Photo.Side, new()) }, default);
}
