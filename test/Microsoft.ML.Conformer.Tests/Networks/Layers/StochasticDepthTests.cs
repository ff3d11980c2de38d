using Microsoft.ML.Conformer.Networks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Tests.Networks.Layers;

[TestClass]
public sealed class StochasticDepthTests
{
    private const int Samples = 20_000, Width = 8;
    private const double Drop = 0.3, Keep = 1 - Drop;

    /// <summary>All samples are the same, so that each comes out as one of four, whose shares follow from the chance.</summary>
    [LeakCheckedTestMethod]
    public void InTrainingSamplesSkipAttentionAndMlpWithTheGivenChanceAndTheOthersAreScaledUp()
    {
        using var random = new DropRandom(seed: 1);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var attention = new Attention(Width, heads: 2, bias: true, scale: null, attentionDrop: 0, projectionDrop: 0, random);
        var mlp = new Mlp(Width, hidden: 16, drop: 0, random);
        using var block = new TransformerBlock(Width, attention, mlp, epsilon: 1e-6, preNorm: true, Drop, random);
        using var generator = new Generator(1, CPU);
        foreach (var parameter in attention.parameters().Concat(mlp.parameters()))
            parameter.normal_(0, 0.5, generator);
        var sample = randn([1, 3, Width], generator: generator);
        (double Factor, double Chance)[] fates = [(0, Drop), (1 / Keep, Keep)];
        var outcomes =
            (from attended in fates
             from perceived in fates
             select (Output: Output(attended.Factor, perceived.Factor), Chance: attended.Chance * perceived.Chance)).ToList();

        block.train();
        var output = block.call(sample.expand(Samples, -1, -1));

        var off = stack(outcomes.Select(outcome => (output - outcome.Output).abs().amax([1, 2]))); // [4, N]
        Assert.AreEqual(0, off.amin([0]).max().ToDouble(), 1e-5, "each sample has one of the four outputs");
        var which = off.argmin(0);
        for (var i = 0; i < outcomes.Count; i++)
        {
            var chance = outcomes[i].Chance;
            var share = which.eq(i).to(ScalarType.Float64).mean().ToDouble();
            Assert.AreEqual(chance, share, 4 * Math.Sqrt(chance * (1 - chance) / Samples), $"share of outcome {i}");
        }

        block.eval();
        Assert.AreEqual(0, (block.call(sample) - Output(1, 1)).abs().max().ToDouble(), 1e-5, "without training nothing is skipped");

        Tensor Output(double attentionFactor, double mlpFactor)
        {
            var middle = sample + attentionFactor * attention.call(Norm(sample));
            return middle + mlpFactor * mlp.call(Norm(middle));
        }

        static Tensor Norm(Tensor x) => functional.layer_norm(x, [Width], eps: 1e-6);
    }

    [LeakCheckedTestMethod]
    public void TheMeanOverManyDrawsStays()
    {
        using var random = new DropRandom(seed: 1);
        using var scope = NewDisposeScope();
        var tokens = linspace(1, 2, 3 * Width).reshape(1, 3, Width);

        var ratio = random.DropSamples(tokens.expand(Samples, -1, -1), Drop, Samples).mean([0]) / tokens[0];

        // A draw is 0 or 1 / keep: its variance is drop / keep.
        Assert.AreEqual(0, (ratio - 1).abs().max().ToDouble(), 4 * Math.Sqrt(Drop / Keep / Samples));
    }

    [TestMethod]
    public void SequencesOfOneSampleShareItsFate()
    {
        using var random = new DropRandom(seed: 1);
        using var scope = NewDisposeScope();

        var dropped = random.DropSamples(ones(32 * 4, 3, Width), Drop, samples: 32).view(32, -1).Values().Chunk(4 * 3 * Width).ToList();

        foreach (var sample in dropped)
            Assert.AreEqual(1, sample.Distinct().Count());
        Assert.AreEqual(2, dropped.Select(sample => sample[0]).Distinct().Count(), "some are dropped, others kept");
    }
}
