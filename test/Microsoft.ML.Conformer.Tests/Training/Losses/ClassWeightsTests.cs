using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Losses;

[TestClass]
public sealed class ClassWeightsTests
{
    private const int Classes = 4;

    private static readonly long[] _trained = [0, 0, 0, 0, 0, 0, 1, 1, 3]; // none of class 2
    private static readonly ClassWeights _weights = new(_trained, Classes);
    private static readonly long[] _labels = [3, 0, 1, 0, 3];

    [TestMethod]
    public void AWeightIsTheInverseOfTheNumberOfImagesAndTheirMeanOverTheImagesIsOne()
    {
        Assert.AreClose(new[] { 0.5, 1.5, 0, 3 }, _weights.Values, 1e-7, "weights");
        Assert.AreEqual(1, _trained.Average(label => _weights.Values[(int)label]), 1e-7);
        Assert.AreEqual(
            "'d' (1 image) 3, 'a' (6 images) 0.5", _weights.Describe(["a", "b", "c", "d"]));
        Assert.AreEqual("all have 2", new ClassWeights([0, 0, 1, 1], 3).Describe(["a", "b", "c"]));
    }

    [LeakCheckedTestMethod]
    [DataRow(0.0)]
    [DataRow(0.1)]
    public void AnImagesLossIsMultipliedByItsLabelsWeightAndTheSumDividedByTheNumberOfImages(double smoothing)
    {
        using var scope = NewDisposeScope();
        var heads = Heads();
        var task = new ClassificationTask(null!, smoothing, weights: _weights);
        var expected = heads.Average(head => Enumerable.Range(0, _labels.Length).Average(
            image => _weights.Values[(int)_labels[image]] * CrossEntropy(Row(head, image), OneHot(_labels[image]), smoothing)));

        Assert.AreEqual(expected, task.Loss(heads, [tensor(_labels)]).ToDouble(), 1e-6);
        Assert.AreEqual(expected, task.Loss(heads, [nn.functional.one_hot(tensor(_labels), Classes).to(float32)]).ToDouble(), 1e-6);
    }

    /// <summary>The loss of a mixed image is the mix of its labels' losses.</summary>
    [LeakCheckedTestMethod]
    [DataRow(0.0)]
    [DataRow(0.1)]
    public void AMixedImagesLossIsTheMixOfItsLabelsWeightedLosses(double smoothing)
    {
        using var scope = NewDisposeScope();
        var heads = Heads();
        var task = new ClassificationTask(null!, smoothing, weights: _weights);
        var (first, second) = (tensor(_labels), tensor(_labels).flip(0));
        var mixed = 0.3 * nn.functional.one_hot(first, Classes).to(float32) + 0.7 * nn.functional.one_hot(second, Classes).to(float32);

        var expected = 0.3 * task.Loss(heads, [first]).ToDouble() + 0.7 * task.Loss(heads, [second]).ToDouble();

        Assert.AreEqual(expected, task.Loss(heads, [mixed]).ToDouble(), 1e-6);
    }

    [LeakCheckedTestMethod]
    public void ClassesOfEquallyManyImagesHaveThePlainLoss()
    {
        using var scope = NewDisposeScope();
        var heads = Heads();
        var even = new ClassWeights([0, 1, 2, 3, 3, 2, 1, 0], Classes);

        Assert.AreEqual(
            new ClassificationTask(null!, 0.1).Loss(heads, [tensor(_labels)]).ToDouble(),
            new ClassificationTask(null!, 0.1, weights: even).Loss(heads, [tensor(_labels)]).ToDouble(), 1e-6);
    }

    private static Tensor[] Heads()
    {
        var generator = new Generator(1);
        return [.. Enumerable.Range(0, 2).Select(_ => 2 * randn(_labels.Length, Classes, generator: generator))];
    }

    private static double[] Row(Tensor logits, int image) =>
        [.. logits.Values().Skip(image * Classes).Take(Classes).Select(value => (double)value)];

    private static double[] OneHot(long label) => [.. Enumerable.Range(0, Classes).Select(index => index == label ? 1.0 : 0)];

    private static double CrossEntropy(double[] logits, double[] target, double smoothing)
    {
        var logSum = Math.Log(logits.Sum(Math.Exp));
        return logits.Zip(target).Sum(pair => ((1 - smoothing) * pair.Second + smoothing / Classes) * (logSum - pair.First));
    }
}
