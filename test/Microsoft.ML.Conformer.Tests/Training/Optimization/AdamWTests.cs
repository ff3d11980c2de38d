using Microsoft.ML.Conformer.Training.Optimization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Microsoft.ML.Conformer.Training.Optimization.AdamW;

namespace Microsoft.ML.Conformer.Tests.Training.Optimization;

[TestClass]
public sealed class AdamWTests
{
    private const double Decay = 0.05;

    /// <summary>Of the largest weight: TorchSharp rounds in other places than the fused kernel.</summary>
    private const double Rounding = 1e-6;

    [LeakCheckedTestMethod]
    public void TwentyStepsAreThoseOfTorchSharpsAdamW()
    {
        using var scope = NewDisposeScope();
        using Linear ours = nn.Linear(37, 11), theirs = nn.Linear(37, 11);
        using (no_grad())
            foreach (var (own, other) in ours.parameters().Zip(theirs.parameters()))
                other.copy_(own.normal_(0, 1));
        using var weights = new FlatWeights(ours, (_, dimensions) => dimensions > 1);
        using var optimizer = new AdamW(weights, Decay);
        using var reference = optim.AdamW(
        [
            new TorchSharp.Modules.AdamW.ParamGroup([theirs.weight!], weight_decay: Decay),
            new TorchSharp.Modules.AdamW.ParamGroup([theirs.bias!], weight_decay: 0),
        ]);

        for (var step = 1; step <= 20; step++)
        {
            using var stepScope = NewDisposeScope();
            var rate = 0.01 / step;
            foreach (var (own, other) in ours.parameters().Zip(theirs.parameters()))
            {
                var gradient = randn(own.shape) * step;
                own.grad!.copy_(gradient);
                other.grad = gradient.MoveToOuterDisposeScope();
            }
            foreach (var group in reference.ParamGroups)
                group.LearningRate = rate;
            optimizer.Step(rate);
            reference.step();

            CollectionAssert.AreEqual(new float[] { step, step }, optimizer.Steps.Values());
            foreach (var (own, other) in ours.named_parameters().Zip(theirs.parameters()))
                Assert.AreClose(
                    other.Values(), own.parameter.Values(), Rounding * other.abs().max().ToDouble(), $"{own.name} after step {step}");
        }
    }

    /// <summary>The bias correction counts the steps of the group: with the others' count this one would be a fraction of it.</summary>
    [LeakCheckedTestMethod]
    public void AGroupThatIsTrainedLaterStaysAsItIsAndThenTakesAFirstStepAtItsOwnRate()
    {
        const double Rate = 0.01, Scale = 0.5;
        using var scope = NewDisposeScope();
        using var linear = nn.Linear(37, 11);
        using var weights = new FlatWeights(linear, (name, _) => name == "bias"
            ? new WeightRule(IsDecayed: false, Scale, FirstEpoch: 1)
            : new WeightRule(IsDecayed: true));
        using var optimizer = new AdamW(weights, Decay);
        var (weight, bias) = (linear.weight!.Values(), linear.bias!.Values());

        for (var step = 1; step <= 5; step++)
        {
            linear.weight!.grad!.fill_(1);
            linear.bias!.grad!.fill_(step); // frozen weights have no gradient; one would not matter
            optimizer.Step(Rate, epoch: 0);
        }
        CollectionAssert.AreEqual(bias, linear.bias!.Values());
        CollectionAssert.AreNotEqual(weight, linear.weight!.Values());

        optimizer.Step(Rate, epoch: 1);

        Assert.AreClose(bias.Select(value => value - Rate * Scale), linear.bias!.Values().Select(value => (double)value), 1e-6, "the bias");
        CollectionAssert.AreEquivalent(new float[] { 6, 1 }, optimizer.Steps.Values());
    }
}
