using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Losses;

[TestClass]
public sealed class DistillationLossTests
{
    private const int Classes = 3;

    private static readonly long[] _labels = [0, 2, 1, 0];
    private static readonly double[][] _teacher = [[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0, 1, 0], [0.05, 0.9, 0.05]];
    private static readonly double[][][] _heads =
    [
        [[1, -2, 0.5], [0.3, 0.1, -0.4], [2, 2, 2], [-1, 0, 4]],
        [[0, 0.2, 0.1], [5, -5, 1], [-0.3, 0.7, 0.1], [1, 1, -1]],
    ];

    [LeakCheckedTestMethod]
    [DataRow(1.0, 0.5)]
    [DataRow(3.0, 0.1)]
    [DataRow(0.5, 1.0)]
    [DataRow(2.0, 0.0)]
    [DataRow(0.05, 0.5)]
    public void ASoftTeachersShareIsItsDivergenceTimesTheSquareOfTheTemperature(double temperature, double share)
    {
        using var scope = NewDisposeScope();
        var task = new ClassificationTask(null!, labelSmoothing: 0.1, distillation: new(IsHard: false, temperature, share));

        var expected = _heads.Average(head => Enumerable.Range(0, _labels.Length).Average(
            i => (1 - share) * CrossEntropy(head[i], Smoothed(i)) + share * Divergence(head[i], _teacher[i], temperature)));

        Assert.AreEqual(expected, task.Loss(Heads(), Targets()).ToDouble(), 1e-5);
    }

    [LeakCheckedTestMethod]
    public void AHardTeachersShareIsTheCrossEntropyWithItsClassesBlendedOnesToo()
    {
        using var scope = NewDisposeScope();
        var task = new ClassificationTask(null!, labelSmoothing: 0.1, distillation: new(IsHard: true, Temperature: 3, Weight: 0.3));
        double[][] chosen = [[1, 0, 0], [0, 0, 1], [0.3, 0.7, 0], [0, 1, 0]];
        var targets = Targets();
        targets[1].copy_(tensor(chosen.SelectMany(row => row.Select(share => (float)share)).ToArray()).view(-1, Classes));

        var expected = _heads.Average(head => Enumerable.Range(0, _labels.Length).Average(
            i => 0.7 * CrossEntropy(head[i], Smoothed(i)) + 0.3 * CrossEntropy(head[i], chosen[i])));

        Assert.AreEqual(expected, task.Loss(Heads(), targets).ToDouble(), 1e-6);
    }

    [LeakCheckedTestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AClassWeightMultipliesTheTeachersPartOfAnImagesLossToo(bool isHard)
    {
        using var scope = NewDisposeScope();
        var weights = new ClassWeights([0, 0, 0, 1, 2, 2], Classes);
        var loss = new DistillationLoss(isHard, 2, 0.4);
        var weighted = new ClassificationTask(null!, 0.1, weights: weights, distillation: loss);
        var plain = new ClassificationTask(null!, 0.1, distillation: loss);
        var (heads, targets) = (Heads(), Targets());

        var expected = Enumerable.Range(0, _labels.Length).Average(i => weights.Values[(int)_labels[i]] *
            plain.Loss(Part(heads, i, 1), Part(targets, i, 1)).ToDouble());

        Assert.AreEqual(expected, weighted.Loss(heads, targets).ToDouble(), 1e-5);
    }

    [LeakCheckedTestMethod]
    public void ANetworkThatSaysWhatItsTeacherSaysHasNoLossAndNoGradient()
    {
        using var scope = NewDisposeScope();
        var teacher = tensor(_teacher.SelectMany(row => row.Select(p => (float)p)).ToArray()).view(-1, Classes);
        var head = teacher.clamp_min(1e-30).log().requires_grad_(true);

        var loss = new DistillationLoss(IsHard: false, Temperature: 2, Weight: 1).Toward(teacher, null)(head);
        loss.backward();

        Assert.AreEqual(0, loss.ToDouble(), 1e-6);
        Assert.AreClose(new double[_teacher.Length * Classes], head.grad!.Values(), 1e-6, "gradient");
    }

    [LeakCheckedTestMethod]
    public void PartsOfABatchAddUpToIt()
    {
        using var scope = NewDisposeScope();
        var task = new ClassificationTask(
            null!, 0.1, weights: new ClassWeights([0, 1, 1, 2, 2, 2], Classes), distillation: new(IsHard: false, 3, 0.5));
        var (heads, targets) = (Heads(), Targets());

        var parts = new[] { (Start: 0, Count: 3), (Start: 3, Count: 1) }.Sum(part => part.Count / 4.0 * task.Loss(
            Part(heads, part.Start, part.Count), Part(targets, part.Start, part.Count)).ToDouble());

        Assert.AreEqual(task.Loss(heads, targets).ToDouble(), parts, 1e-6);
    }

    private static Tensor[] Heads() =>
        [.. _heads.Select(head => tensor(head.SelectMany(row => row.Select(logit => (float)logit)).ToArray()).view(-1, Classes))];

    /// <summary>Of the labels and the teacher, [N, C] each.</summary>
    private static Tensor[] Targets() =>
    [
        nn.functional.one_hot(tensor(_labels), Classes).to(float32),
        tensor(_teacher.SelectMany(row => row.Select(p => (float)p)).ToArray()).view(-1, Classes),
    ];

    private static Tensor[] Part(Tensor[] all, int start, int count) => [.. all.Select(tensor => tensor.narrow(0, start, count))];

    private static double[] Smoothed(int image) =>
        [.. Enumerable.Range(0, Classes).Select(index => (index == _labels[image] ? 0.9 : 0) + 0.1 / Classes)];

    private static double[] Softmax(double[] logits) => [.. logits.Select(z => Math.Exp(z) / logits.Sum(Math.Exp))];

    private static double CrossEntropy(double[] logits, double[] target) =>
        -Softmax(logits).Zip(target).Sum(pair => pair.Second * Math.Log(pair.First));

    private static double Divergence(double[] logits, double[] teacher, double temperature)
    {
        var student = Softmax([.. logits.Select(z => z / temperature)]);
        var roots = teacher.Select(p => Math.Pow(p, 1 / temperature)).ToList();
        return temperature * temperature * roots.Select(root => root / roots.Sum()).Zip(student)
            .Where(pair => pair.First > 0).Sum(pair => pair.First * Math.Log(pair.First / pair.Second));
    }
}
