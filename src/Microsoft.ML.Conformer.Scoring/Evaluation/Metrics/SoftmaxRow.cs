using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Evaluation.Metrics;

/// <summary>The softmax of one image's logits, in buffers that the next image takes over.</summary>
/// <param name="logits">Of all images.</param>
/// <param name="inverseTemperature">What the logits are multiplied by, at least 0.</param>
internal sealed class SoftmaxRow(LabeledLogits logits, double inverseTemperature)
{
    /// <summary>The logits less the largest of them, not multiplied; [C].</summary>
    public double[] Logits { get; } = new double[logits.ClassCount];

    /// <summary>[C].</summary>
    public double[] Probabilities { get; } = new double[logits.ClassCount];

    /// <summary>The class of the largest logit, of equal ones the first.</summary>
    public int Predicted { get; private set; }

    /// <summary>Number of classes before the true one: with a greater logit, or an equal one and a lower index.</summary>
    public int Rank { get; private set; }

    /// <summary>The logarithm of the sum of the exponentials of <see cref="Logits"/>, multiplied.</summary>
    public double LogSum { get; private set; }

    /// <summary>In nats.</summary>
    public double Entropy => LogSum - inverseTemperature * TensorPrimitives.Dot(Probabilities, Logits);

    public double LogProbability(int index) => inverseTemperature * Logits[index] - LogSum;

    public void Read(int image)
    {
        logits.Read(image, Logits);
        Order(logits.Labels[image]);
        TensorPrimitives.Subtract(Logits, Logits[Predicted], Logits);
        TensorPrimitives.Multiply(Logits, inverseTemperature, Probabilities);
        TensorPrimitives.Exp(Probabilities, Probabilities);
        // One after another, so that the sum's last bits are the same on all processors.
        var sum = 0.0;
        foreach (var value in Probabilities)
            sum += value;
        TensorPrimitives.Divide(Probabilities, sum, Probabilities);
        LogSum = Math.Log(sum);
    }

    private void Order(int label)
    {
        (Predicted, Rank) = (0, 0);
        for (var index = 0; index < Logits.Length; index++)
        {
            if (Logits[index] > Logits[Predicted])
                Predicted = index;
            if (label >= 0 && (Logits[index] > Logits[label] || Logits[index] == Logits[label] && index < label))
                Rank++;
        }
    }
}
