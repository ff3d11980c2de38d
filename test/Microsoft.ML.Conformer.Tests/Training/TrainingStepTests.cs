using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

[TestClass]
public sealed class TrainingStepTests
{
    private const double Decay = 0.1;
    private const double Rounding = 1e-6;

    /// <summary>The reference's runs have one rate, and too few steps for their decay to show.</summary>
    [LeakCheckedTestMethod]
    public void EveryWeightFollowsAdamWsDefinitionAtTheRateOfEachStepAndWithTheDecayOfItsGroup()
    {
        using var scope = NewDisposeScope();
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var training = new TrainingStep(new Cubes(network), new StepSettings { WeightDecay = Decay });
        var byHand = network.named_parameters().ToDictionary(
            entry => entry.name,
            entry => new AdamWByHand(
                Values(entry.parameter), network.Architecture.IsDecayed(entry.name, (int)entry.parameter.dim()) ? Decay : 0));

        for (var step = 1; step <= 5; step++)
        {
            var rate = 0.01 / step;
            training.Run(zeros(1), [], rate);
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

    [LeakCheckedTestMethod]
    [DataRow(0.5, 1)]
    [DataRow(1e6, 1)]
    [DataRow(1e6, 3)]
    public void GradientsAreAveragedByTheRanksImagesBeforeTheyAreClipped(double limit, int othersImages)
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        var other = new WithoutGradients(othersImages);
        using var training = new TrainingStep(
            new Cubes(network), new StepSettings { WeightDecay = Decay, Collective = other, MaxGradientNorm = limit });
        using var none = zeros(1);
        using var expected = zeros(1);
        using (NewDisposeScope())
            expected.add_(Norm(network.parameters().Select(parameter => 3 * parameter.detach().pow(2))));

        using var loss = training.Run(none, [], learningRate: 0);

        using var scope = NewDisposeScope();
        var length = expected.ToDouble();
        Assert.IsTrue(length > 1, $"{length}");
        var average = length / (1 + othersImages);
        Assert.AreEqual(average, other.Summed, 1e-4 * length);
        Assert.AreEqual(
            Math.Min(average, limit), Norm(network.parameters().Select(parameter => parameter.grad!)).ToDouble(), 1e-4 * length);
    }

    [LeakCheckedTestMethod]
    public void TheLossIsTheMeanOfTheHeadsOrTheirSum()
    {
        using var scope = NewDisposeScope();
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        Tensor[] heads = [tensor(new float[,] { { 1, 2, 3 } }), tensor(new float[,] { { 3, 1, 1 } })];
        var losses = heads.Select(head => -nn.functional.log_softmax(head, 1)[0, 2].ToDouble()).ToList();

        double Loss(HeadLosses of) => new ClassificationTask(network, 0, of).Loss(heads, [tensor(new long[] { 2 })]).ToDouble();

        Assert.AreEqual(losses.Average(), Loss(HeadLosses.Mean), Rounding);
        Assert.AreEqual(losses.Sum(), Loss(HeadLosses.Sum), Rounding);
    }

    /// <summary>What a step leaves behind is the optimizer's and the gradients', which go with them.</summary>
    [LeakCheckedTestMethod]
    public void AStepDisposesWhatItMakesAndGivesTheLossOfTheBatchBeforeIt()
    {
        using var network = new ConformerNetwork(ScoringModel.Architecture, dropPath: 0.2, seed: 1);
        var task = new ClassificationTask(network, labelSmoothing: 0.1);
        using var training = new TrainingStep(task, new StepSettings { WeightDecay = Decay, MaxGradientNorm = 1 });
        var random = new Random(1);
        var batch = new ImageBatch([.. Enumerable.Range(0, 2 * 32 * 32 * 3).Select(_ => random.NextSingle())], 32, [0, 2], [0, 1], 2);
        var losses = new List<double>();

        for (var step = 0; step < 20; step++)
        {
            using var scope = NewDisposeScope();
            var (images, labels) = batch.ToTensors(CPU);
            losses.Add(training.Run(images, labels, learningRate: 1e-3).ToDouble());
        }

        Assert.AreEqual(Math.Log(3), losses[0], 0.1, "a network that knows nothing yet");
        Assert.IsTrue(losses[^1] < 0.8 * losses[0], string.Join(" ", losses));
    }

    private static double[] Values(Tensor parameter) =>
        [.. parameter.detach().contiguous().data<float>().Select(value => (double)value)];

    private static Tensor Norm(IEnumerable<Tensor> gradients) =>
        gradients.Select(gradient => gradient.pow(2).sum()).Aggregate((sum, next) => sum + next).sqrt();

    /// <summary>The loss is the sum of all weights' cubes, so that each gradient is known.</summary>
    private sealed class Cubes(VisionNetwork network) : ITrainingTask
    {
        public ITrainableNetwork Network => network;

        public Tensor Loss(Tensor images, IReadOnlyList<Tensor> targets) =>
            network.parameters().Select(parameter => parameter.pow(3).sum()).Aggregate((sum, next) => sum + next);

        public Tensor Loss(Tensor[] outputs, IReadOnlyList<Tensor> targets) => throw new NotSupportedException();

        public Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }

    /// <summary>A rank beside another one, which has other images, and gradients of 0.</summary>
    private sealed class WithoutGradients(int images) : ICollective
    {
        /// <summary>The length of what was summed.</summary>
        public double Summed { get; private set; }

        public int Rank => 0;

        public int Size => 2;

        public void Sum(Tensor values, string what) => Summed = values.norm().ToDouble();

        public void Broadcast(Tensor values, string what)
        {
        }

        public T[] GatherOne<T>(T own, string what) where T : unmanaged =>
            own is ValueTuple<double, long> pair ? [own, (T)(object)(pair.Item1, (long)images)] : [own, own];

        public byte[][] Gather(byte[] own, string what) => [own, own];
    }

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
