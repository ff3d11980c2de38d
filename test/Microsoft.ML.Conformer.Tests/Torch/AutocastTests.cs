using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Tests.Training;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Torch;

[TestClass]
public sealed class AutocastTests
{
    [TestInitialize]
    public void NeedsAutocast()
    {
        if (!Autocast.IsAvailable)
            Assert.Inconclusive("libtorch's autocast cannot be reached on this system.");
    }

    [LeakCheckedTestMethod]
    [DataRow(TrainingPrecision.BFloat16, ScalarType.BFloat16)]
    [DataRow(TrainingPrecision.Float32, ScalarType.Float32)]
    public void LayersComputeInItsPrecisionUntilItIsDisposed(TrainingPrecision precision, ScalarType expected)
    {
        Assert.AreEqual(ScalarType.Float32, LinearLayersResult());
        using (Autocast.To(precision, DeviceType.CPU))
            Assert.AreEqual(expected, LinearLayersResult());
        Assert.AreEqual(ScalarType.Float32, LinearLayersResult());
    }

    /// <summary>Autocast keeps the weights that it converted, which the step before changed.</summary>
    [LeakCheckedTestMethod]
    public void EachUseSeesTheWeightsAsTheyAreThen()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Conv2d(4, 4, 1L, bias: false);
        var input = ones(1, 4, 1, 1);

        foreach (var value in new[] { 1, 2 })
        {
            using (no_grad())
                layer.weight!.fill_(value);
            using var autocast = Autocast.To(TrainingPrecision.BFloat16, DeviceType.CPU);
            Assert.AreEqual(4 * value, layer.call(input)[0, 0, 0, 0].ToDouble());
        }
    }

    /// <summary>In evaluation mode: BatchNorm over few values would magnify the rounding.</summary>
    [LeakCheckedTestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AStepInBFloat16LeavesFloatsAndIsNearOneInFloats(bool checkpointing)
    {
        var exact = Step(TrainingPrecision.Float32, checkpointing);
        var rounded = Step(TrainingPrecision.BFloat16, checkpointing);

        Assert.AreEqual(exact.Loss, rounded.Loss, 0.05);
        Assert.AreNotEqual(exact.Loss, rounded.Loss);
        CollectionAssert.AreNotEqual(exact.Gradients, rounded.Gradients);
        var cosine = Product(exact.Gradients, rounded.Gradients) /
            Math.Sqrt(Product(exact.Gradients, exact.Gradients) * Product(rounded.Gradients, rounded.Gradients));
        Assert.IsGreaterThan(0.98, cosine, "the gradients' direction");

        static double Product(float[] left, float[] right) => left.Zip(right, (x, y) => (double)x * y).Sum();
    }

    [LeakCheckedTestMethod]
    public void AStepThatFailsLeavesAutocastOff()
    {
        using var scope = NewDisposeScope();
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var step = new TrainingStep(
            new ClassificationTask(network, 0.1), new StepSettings { WeightDecay = 0, Precision = TrainingPrecision.BFloat16 });
        var (images, _) = NoiseBatch.Of(4);

        Assert.Throws<Exception>(() => step.Run(images, [zeros(3, ScalarType.Int64)], learningRate: 0));

        Assert.AreEqual(ScalarType.Float32, LinearLayersResult());
    }

    private static (double Loss, float[] Gradients) Step(TrainingPrecision precision, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        using var network = new ConformerNetwork(ScoringModel.Architecture, seed: 1);
        using var step = new TrainingStep(
            new ClassificationTask(network, 0.1),
            new StepSettings { WeightDecay = 0.05, Precision = precision, GradientCheckpointing = checkpointing });
        var (images, labels) = NoiseBatch.Of(8);
        network.eval();

        var loss = step.Run(images, labels, learningRate: 1e-3);

        Assert.AreEqual(ScalarType.Float32, LinearLayersResult(), "after the step");
        Assert.AreEqual(ScalarType.Float32, loss.dtype);
        foreach (var (name, parameter) in network.named_parameters())
            Assert.AreEqual((ScalarType.Float32, ScalarType.Float32), (parameter.dtype, parameter.grad!.dtype), name);
        return (loss.ToDouble(), step.Weights.Gradients.Values());
    }

    private static ScalarType LinearLayersResult()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(4, 4);
        return layer.call(zeros(1, 4)).dtype;
    }
}
