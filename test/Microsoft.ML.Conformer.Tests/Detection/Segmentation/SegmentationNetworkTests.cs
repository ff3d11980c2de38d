using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Losses;
using Microsoft.ML.Conformer.Detection.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

/// <summary>Networks for segmentation with both backbones: layers, sizes of images, what is trained, and the loss.</summary>
[TestClass]
public sealed class SegmentationNetworkTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void TheStateDictIsTheDescribedOne(bool isConTNet)
    {
        var architecture = SmallSegmentation.Of(isConTNet);
        using var network = new SegmentationNetwork(architecture);

        CollectionAssert.AreEquivalent(
            architecture.StateDict().Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]").ToList(),
            network.state_dict().Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape)}]").ToList());
        Assert.AreEqual(
            architecture.Describe(96, 128).Parameters, network.parameters().Sum(parameter => parameter.numel()));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void PixelsOfAnImageOfAnySizeAreThoseOfThePaddedOne(bool isConTNet)
    {
        const int height = 50, width = 71;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = SmallSegmentation.Network(SmallSegmentation.Of(isConTNet));
        network.eval();
        var size = new ImageSize(height, width).PaddedTo(network.Architecture.SizeDivisor);
        var images = tensor(SmallSegmentation.Images(2, height, width)).view(2, 3, height, width);
        var padded = zeros(2, 3, size.Height, size.Width);
        padded.narrow(2, 0, height).narrow(3, 0, width).copy_(images);

        var classes = network.Segment(images);

        CollectionAssert.AreEqual((long[])[2, height, width], classes.shape);
        Assert.IsTrue(AreSame(network.Segment(padded).narrow(1, 0, height).narrow(2, 0, width), classes));
        Assert.IsGreaterThan(1, classes.unique().output.numel(), "all pixels are of one class");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void EveryWeightIsTrainedAndEveryNormKeepsStatistics(bool isConTNet)
    {
        using var scope = NewDisposeScope();
        using var network = SmallSegmentation.Network(SmallSegmentation.Of(isConTNet));
        var divisor = network.Architecture.SizeDivisor;

        network.train();
        var outputs = network.call(rand(2, 3, divisor, divisor, generator: new Generator(0)));
        Loss(network).Of(outputs, zeros(2, divisor, divisor, dtype: ScalarType.Byte)).backward();

        CollectionAssert.AreEqual((long[])[divisor / 32, divisor / 16], outputs.Select(output => output.shape[2]).ToArray());
        Assert.IsEmpty(network.named_parameters().Where(entry => entry.parameter.grad is null).Select(entry => entry.name));
        Assert.IsTrue(network.named_buffers().Where(entry => entry.name.EndsWith("num_batches_tracked"))
            .All(entry => entry.buffer.item<long>() == 1));
    }

    [TestMethod]
    public void TheAuxiliaryHeadCountsByItsWeightAndInTrainingAlone()
    {
        using var scope = NewDisposeScope();
        using var network = SmallSegmentation.Network(SmallSegmentation.Of(isConTNet: false));
        var images = tensor(SmallSegmentation.Images(2, 64, 64)).view(2, 3, 64, 64);
        var labels = randint(0, 4, [2, 64, 64], dtype: ScalarType.Int64, generator: new Generator(0));

        var outputs = network.call(images);
        double Of(params Tensor[] logits) => Loss(network).Of(logits, labels).ToDouble();

        Assert.AreEqual(Of(outputs[0]) + 0.4 * Of(outputs[1]), Of(outputs), 1e-6);
        network.eval();
        Assert.HasCount(1, network.call(images));
        using var without = new SegmentationNetwork(network.Architecture with { HasAuxiliaryHead = false });
        Assert.HasCount(1, without.call(images));
        Assert.IsFalse(without.state_dict().Keys.Any(name => name.StartsWith("auxiliary_head.")));
    }

    [TestMethod]
    public void PixelsWithoutAClassCountForNothing()
    {
        using var scope = NewDisposeScope();
        var logits = randn(2, 4, 2, 2, generator: new Generator(0)).requires_grad_(true);
        var labels = randint(0, 4, [2, 64, 64], dtype: ScalarType.Int64, generator: new Generator(1));
        var loss = new SegmentationLoss(32);
        double Of(Tensor classes) => loss.Of([logits], classes).ToDouble();
        var none = full([2, 64, 64], 255L, dtype: ScalarType.Int64);

        var half = labels.clone();
        half[1] = none[1];
        var nothing = loss.Of([logits], none);
        nothing.backward();

        Assert.AreEqual(loss.Of([logits[0].unsqueeze(0)], labels[0].unsqueeze(0)).ToDouble(), Of(half), 1e-6, "one image has no labels");
        Assert.AreEqual(Of(labels), Of(labels.to(ScalarType.Byte)), 0, "bytes");
        Assert.AreEqual(0, nothing.ToDouble());
        Assert.AreEqual(0, logits.grad!.abs().sum().ToDouble());
    }

    [TestMethod]
    public void ABatchOfOneImageIsNotTrained()
    {
        using var scope = NewDisposeScope();
        using var network = SmallSegmentation.Network(SmallSegmentation.Of(isConTNet: false));

        var error = Assert.ThrowsExactly<ArgumentException>(() => network.call(zeros(1, 3, 64, 64)));
        StringAssert.Contains(error.Message, "at least 2 images");
        network.eval();
        Assert.HasCount(1, network.call(zeros(1, 3, 64, 64)));
    }

    [TestMethod]
    public void DroppedChannelsAreTheSameWithTheSameSeed()
    {
        using var scope = NewDisposeScope();
        var architecture = SmallSegmentation.Of(isConTNet: false);
        var images = tensor(SmallSegmentation.Images(2, 32, 32)).view(2, 3, 32, 32);
        Tensor Train(long seed)
        {
            using var network = new SegmentationNetwork(architecture, drop: 0.5, seed);
            return network.call(images)[0].detach();
        }

        Assert.IsTrue(AreSame(Train(1), Train(1)));
        Assert.IsFalse(AreSame(Train(1), Train(2)));
    }

    [TestMethod]
    public void ArchitecturesThatCannotBeBuiltAreExplained()
    {
        var none = new SegmentationArchitecture
        {
            Backbone = new ConformerArchitecture { PositionEmbeddingImageSize = 224 },
            NumClasses = 256,
            Channels = 0,
            AuxiliaryChannels = -1,
            PoolScales = [1, 0],
        };

        var error = Assert.ThrowsExactly<ArgumentException>(() => none.Describe());

        foreach (var part in (string[])["224 x 224", "NumClasses is 256", "Channels is 0", "AuxiliaryChannels is -1", "PoolScales is 1, 0"])
            StringAssert.Contains(error.Message, part);
        var withoutBackbone = new SegmentationArchitecture { Backbone = null! };
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => withoutBackbone.Describe()).Message, "Backbone is null");
    }

    /// <summary>PSPNet's head on 1,024 channels with mmsegmentation's defaults, counted by hand.</summary>
    [TestMethod]
    public void AHeadOfUsualSizeHasTheParametersThatAreCountedByHand()
    {
        var summary = new SegmentationArchitecture { Backbone = ConformerArchitecture.For(ConformerVariant.Small) }.Describe();

        long Parameters(string head) => summary.Layers.Where(layer => layer.Name.StartsWith(head)).Sum(layer => layer.Parameters);
        Assert.AreEqual(
            4 * (1024 * 512 + 2 * 512) + ((1024 + 4 * 512) * 512 * 9 + 2 * 512) + (512 * 19 + 19), Parameters("decode_head."));
        Assert.AreEqual(1024 * 256 * 9 + 2 * 256 + (256 * 19 + 19), Parameters("auxiliary_head."));
        CollectionAssert.AreEqual(
            (long[])[1, 19, 16, 32], summary.Layers.Single(layer => layer.Name == "decode_head.conv_seg").OutputShape.ToArray());
    }

    private static bool AreSame(Tensor one, Tensor other) => !one.ne(other).any().item<bool>();

    private static SegmentationLoss Loss(SegmentationNetwork network) => new(network.Architecture.SizeDivisor);
}
