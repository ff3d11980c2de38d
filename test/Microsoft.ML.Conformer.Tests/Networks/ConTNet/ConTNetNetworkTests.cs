using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Networks.ConTNet;

[TestClass]
public sealed class ConTNetNetworkTests
{
    private static readonly ConTNetArchitecture _architecture = new()
    {
        NumClasses = 3,
        StemWidth = 8,
        Stages = [new() { MlpWidth = 16, NumHeads = 1, Blocks = 2 }, new() { MlpWidth = 16, NumHeads = 2, SecondWindow = 7 }],
    };

    [LeakCheckedTestMethod]
    public void PartsInTurnGiveWhatTheWholeGives()
    {
        var dropping = _architecture with
        {
            LastDropRate = 0.3,
            Stages = [.. _architecture.Stages.Select(stage => stage with { DropRate = 0.2 })],
        };
        using var scope = NewDisposeScope();
        using var whole = new ConTNetNetwork(dropping, dropPath: 0.3, seed: 5);
        using var inParts = new ConTNetNetwork(dropping, dropPath: 0.3, seed: 5);
        var images = Images(4, 56);

        var expected = whole.call(images)[0];
        Tensor[] values = [images.contiguous()];
        foreach (var part in inParts.Parts)
            values = part(values);

        Assert.AreClose(expected.Values(), values[0].Values(), 1e-5, "logits while training");
        using var other = new ConTNetNetwork(dropping, dropPath: 0.3, seed: 6);
        Assert.AreNotEqual(expected.Values()[0], other.call(images)[0].Values()[0]);
    }

    [LeakCheckedTestMethod]
    public void ImagesThatWindowsDoNotDivideAreAnError()
    {
        using var scope = NewDisposeScope();
        using var network = new ConTNetNetwork(_architecture);

        var error = Assert.ThrowsExactly<ArgumentException>(() => network.call(Images(1, 64)));

        StringAssert.Contains(error.Message, "64 x 64 pixels; a side of 16 in stage 1 is no multiple of its windows, 7 and 14.");
    }

    [LeakCheckedTestMethod]
    public void ItMovesToAnotherType()
    {
        using var scope = NewDisposeScope();
        using var network = new ConTNetNetwork(_architecture with { RelativePositions = true });

        network.to(ScalarType.Float64);

        Assert.AreEqual(ScalarType.Float64, network.call(Images(1, 56).to(ScalarType.Float64))[0].dtype);
        Assert.AreEqual(
            ScalarType.Int64, network.state_dict()["layer1.ConTBlock0.ste1.attn.relative_position_index"].dtype, "integers stay so");
    }

    private static Tensor Images(int count, int side)
    {
        using var generator = new Generator(3, CPU);
        return randn([count, 3, side, side], generator: generator);
    }
}
