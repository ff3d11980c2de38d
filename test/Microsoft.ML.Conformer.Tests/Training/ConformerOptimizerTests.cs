using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

[TestClass]
public sealed class ConformerOptimizerTests
{
    private const double Decay = 0.1;
    private const double Rounding = 1e-6;

    /// <summary>The reference's runs have one rate, and too few steps for their decay to show.</summary>
    [TestMethod]
    public void EveryWeightFollowsAdamWsDefinitionAtTheRateOfEachStepAndWithTheDecayOfItsGroup()
    {
        using var scope = NewDisposeScope();
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var optimizer = ConformerOptimizer.Create(network, learningRate: 1, Decay);
        var byHand = network.named_parameters().ToDictionary(
            entry => entry.name,
            entry => new AdamWByHand(Values(entry.parameter), ScoringModel.Architecture.IsDecayed(entry.name, (int)entry.parameter.dim()) ? Decay : 0));

        for (var step = 1; step <= 5; step++)
        {
            var rate = 0.01 / step;
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = rate;
            network.zero_grad();
            foreach (var parameter in network.parameters())
                parameter.pow(3).sum().backward();
            optimizer.step();
            foreach (var weights in byHand.Values)
                weights.Step(rate, weight => 3 * weight * weight);
        }

        foreach (var (name, parameter) in network.named_parameters())
        {
            var worst = Values(parameter).Zip(byHand[name].Weights, (actual, expected) => Math.Abs(actual - expected))
                .Aggregate(0.0, Math.Max); // Max() skips NaN
            Assert.IsTrue(worst <= Rounding, $"{name} is {worst:g3} off");
        }
    }

    private static double[] Values(Tensor parameter) =>
        [.. parameter.detach().contiguous().data<float>().Select(value => (double)value)];

    /// <summary>Algorithm 2 of Loshchilov and Hutter (2019) with PyTorch's constants, in doubles.</summary>
    private sealed class AdamWByHand(double[] start, double decay)
    {
        private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

        private readonly double[] _mean = new double[start.Length];
        private readonly double[] _square = new double[start.Length];
        private int _step;

        public double[] Weights { get; } = start;

        public void Step(double rate, Func<double, double> gradient)
        {
            _step++;
            for (var i = 0; i < Weights.Length; i++)
            {
                var g = gradient(Weights[i]);
                _mean[i] = Beta1 * _mean[i] + (1 - Beta1) * g;
                _square[i] = Beta2 * _square[i] + (1 - Beta2) * g * g;
                var (mean, square) = (_mean[i] / (1 - Math.Pow(Beta1, _step)), _square[i] / (1 - Math.Pow(Beta2, _step)));
                Weights[i] -= rate * (decay * Weights[i] + mean / (Math.Sqrt(square) + Epsilon));
            }
        }
    }
}
