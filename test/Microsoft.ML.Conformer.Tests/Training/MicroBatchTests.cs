using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using Microsoft.ML.Conformer.Training.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>A step whose images go through the network in parts. BatchNorm, which sees the parts, has no part in it here.</summary>
[TestClass]
public sealed class MicroBatchTests
{
    private static readonly StepSettings _settings = new() { WeightDecay = 0.05 };

    [LeakCheckedTestMethod]
    [DataRow(6, 1, 1, new long[] { 1, 1, 1, 1, 1, 1 })]
    [DataRow(6, 2, 1, new long[] { 2, 2, 2 })]
    [DataRow(6, 4, 1, new long[] { 4, 2 })]
    [DataRow(7, 3, 1, new long[] { 3, 3, 1 })]
    [DataRow(7, 3, 2, new long[] { 3, 4 }, DisplayName = "no single image is left")]
    [DataRow(5, 2, 2, new long[] { 2, 3 }, DisplayName = "nor where parts are as small as can be")]
    [DataRow(3, 2, 2, new long[] { 3 })]
    [DataRow(4, 4, 2, new long[] { 4 })]
    [DataRow(3, 8, 1, new long[] { 3 }, DisplayName = "a batch smaller than a part")]
    public void LossGradientsAndWeightsAreThoseOfTheWholeBatch(int count, int microBatchSize, int smallest, long[] parts)
    {
        using var whole = new Run(_settings);
        using var inParts = new Run(_settings with { MicroBatchSize = microBatchSize, SmallestMicroBatch = smallest });

        whole.Step(count);
        inParts.Step(count);

        CollectionAssert.AreEqual(new long[] { count }, whole.Parts);
        CollectionAssert.AreEqual(parts, inParts.Parts);
        AssertSame(whole, inParts);
    }

    /// <summary>A part's loss is divided by its number of images, not by the sum of their weights.</summary>
    [LeakCheckedTestMethod]
    public void WithClassWeightsTooAllIsAsForTheWholeBatch()
    {
        var weights = new ClassWeights([0, 0, 0, 0, 0, 1, 1, 2], classCount: 3);
        using var plain = new Run(_settings);
        using var whole = new Run(_settings, weights: weights);
        using var inParts = new Run(_settings with { MicroBatchSize = 2 }, weights: weights);

        plain.Step(7);
        whole.Step(7);
        inParts.Step(7);

        AssertSame(whole, inParts);
        Assert.AreNotEqual(plain.Losses[0], whole.Losses[0], 1e-3);
    }

    [LeakCheckedTestMethod]
    [DataRow(8, 8, 1, new long[] { })]
    [DataRow(8, 4, 1, new long[] { 4 })]
    [DataRow(8, 2, 2, new long[] { 4, 2 })]
    [DataRow(8, 1, 1, new long[] { 4, 2, 1 })]
    [DataRow(7, 3, 1, new long[] { 3 })]
    public void WhatDoesNotFitIntoMemoryIsHalvedUntilItDoesAndStaysSo(int count, int fit, int smallest, long[] halvings)
    {
        using var whole = new Run(_settings);
        using var halved = new Run(_settings with { SmallestMicroBatch = smallest }, fit);

        for (var step = 0; step < 2; step++)
        {
            whole.Step(count);
            halved.Step(count);

            CollectionAssert.AreEqual(halvings, halved.Halvings);
            AssertSame(whole, halved);
        }
        Assert.AreEqual(2 * ((count + fit - 1) / fit), halved.Parts.Count);
        Assert.IsTrue(halved.Parts.All(part => part <= fit));
    }

    [LeakCheckedTestMethod]
    [DataRow(8, 1, 2, new long[] { 4, 2 })]
    [DataRow(8, 0, 1, new long[] { 4, 2, 1 })]
    public void WhereNotEvenTheSmallestPartFitsTheErrorIsLibtorchsAndTheWeightsAreAsBefore(
        int count, int fit, int smallest, long[] halvings)
    {
        using var run = new Run(_settings with { SmallestMicroBatch = smallest }, fit);
        var before = run.Weights;

        var error = Assert.ThrowsExactly<ExternalException>(() => run.Step(count));

        StringAssert.Contains(error.Message, "out of memory");
        CollectionAssert.AreEqual(halvings, run.Halvings);
        CollectionAssert.AreEqual(before, run.Weights);
    }

    /// <summary>The attempt that failed has moved running statistics and drawn random numbers.</summary>
    [LeakCheckedTestMethod]
    public void AfterAHalvingAllIsAsIfTheBatchHadBeenTakenInPartsFromTheStart()
    {
        using var halved = new Run(_settings, fit: 2, training: true);
        using var inParts = new Run(_settings with { MicroBatchSize = 2 }, training: true);

        for (var step = 0; step < 2; step++)
        {
            halved.Step(8);
            inParts.Step(8);
        }

        CollectionAssert.AreEqual(new long[] { 4, 2 }, halved.Halvings);
        CollectionAssert.AreEqual(inParts.Weights, halved.Weights); // running statistics are among them
        CollectionAssert.AreEqual(inParts.Counters, halved.Counters);
    }

    [LeakCheckedTestMethod]
    public void AnotherErrorIsNoReasonToHalve()
    {
        using var run = new Run(_settings, fit: 1, error: "CUDA error: an illegal memory access");

        var error = Assert.ThrowsExactly<ExternalException>(() => run.Step(4));

        StringAssert.Contains(error.Message, "illegal memory access");
        Assert.AreEqual(0, run.Halvings.Count);
    }

    /// <summary>
    /// Lengths are compared, and steps where the gradient stands out of its rounding, which differs from processor to processor: AdamW
    /// divides a gradient by its own size, and where that is rounding alone, so is the step.
    /// </summary>
    private static void AssertSame(Run expected, Run actual)
    {
        const double timesRounding = 30;
        Assert.AreEqual(expected.Losses[^1], actual.Losses[^1], 1e-6);
        var gradients = expected.Gradients;
        var rounding = Length(gradients, actual.Gradients);
        Assert.IsLessThan(1e-5, rounding / Length(gradients), "gradients");

        var least = timesRounding * rounding / Math.Sqrt(gradients.Length);
        int[] clear = [.. Enumerable.Range(0, gradients.Length).Where(i => Math.Abs(gradients[i]) > least)];
        // Some have none but rounding, such as what a norm takes away again.
        Assert.IsGreaterThan(0.75, (double)clear.Length / gradients.Length, "weights whose gradient is more than rounding");
        float[] Clear(float[] all) => Array.ConvertAll(clear, i => all[i]);
        var weights = Clear(expected.Weights);
        Assert.IsLessThan(1e-4, Length(weights, Clear(actual.Weights)) / Length(weights, Clear(expected.Before)), "weights");
    }

    private static double Length(float[] vector, float[]? less = null) =>
        Math.Sqrt(vector.Select((value, i) => Math.Pow((double)value - (less?[i] ?? 0), 2)).Sum());

    /// <summary>Steps of a network, in evaluation mode unless told otherwise, on a device with room for a number of images.</summary>
    private sealed class Run : ITrainingTask, IDisposable
    {
        private readonly ConformerNetwork _network = new(ScoringModel.Architecture, dropPath: 0.3, seed: 1);
        private readonly ClassificationTask _task;
        private readonly TrainingStep _step;
        private readonly int _fit;
        private readonly string _error;

        public Run(StepSettings settings, int fit = int.MaxValue, string error = "CUDA out of memory. Tried to allocate 2.00 GiB",
            bool training = false, ClassWeights? weights = null)
        {
            (_fit, _error) = (fit, error);
            _task = new ClassificationTask(_network, labelSmoothing: 0.1, weights: weights);
            _step = new TrainingStep(this, settings);
            _step.Halved += Halvings.Add;
            _network.train(training);
            Before = Weights;
        }

        public ITrainableNetwork Network => _network;

        /// <summary>The numbers of images that went through the network at once.</summary>
        public List<long> Parts { get; } = [];

        public List<long> Halvings { get; } = [];

        public List<double> Losses { get; } = [];

        public float[] Gradients => _step.Weights.Gradients.Values();

        public float[] Weights => _step.Weights.Values.Values();

        public long[] Counters => [.. _step.Weights.Counters.Values.Select(counter => counter.item<long>())];

        public float[] Before { get; }

        public void Step(int count)
        {
            using var scope = NewDisposeScope();
            var (images, labels) = NoiseBatch.Of(count, seed: Losses.Count);
            Losses.Add(_step.Run(images, labels, learningRate: 1e-3).ToDouble());
        }

        public Tensor Loss(Tensor images, IReadOnlyList<Tensor> targets)
        {
            var logits = _network.call(images);
            if (images.shape[0] > _fit)
                throw new ExternalException(_error);
            Parts.Add(images.shape[0]);
            return Loss(logits, targets);
        }

        public Tensor Loss(Tensor[] heads, IReadOnlyList<Tensor> targets) => _task.Loss(heads, targets);

        public Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public void Dispose()
        {
            _step.Dispose();
            _network.Dispose();
        }
    }
}
