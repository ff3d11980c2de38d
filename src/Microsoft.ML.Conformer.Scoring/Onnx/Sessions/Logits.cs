using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer.Onnx.Sessions;

/// <summary>What follows from an image's logits, [C].</summary>
internal static class Logits
{
    /// <summary>The classes' probabilities, whatever the size of the logits.</summary>
    public static float[] Softmax(ReadOnlySpan<float> logits)
    {
        var probabilities = new float[logits.Length];
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities); // large ones would overflow
        TensorPrimitives.SoftMax<float>(probabilities, probabilities);
        return probabilities;
    }

    /// <summary>How many classes come before one: with a greater logit, or an equal one and a lower index.</summary>
    public static int RankOf(ReadOnlySpan<float> logits, int index)
    {
        var rank = 0;
        for (var other = 0; other < logits.Length; other++)
            if (logits[other] > logits[index] || (logits[other] == logits[index] && other < index))
                rank++;
        return rank;
    }

    /// <param name="logits">The logits.</param>
    /// <param name="path">The image's file; null where it is not known.</param>
    /// <exception cref="InvalidDataException">One is not finite.</exception>
    public static void ThrowIfNotFinite(ReadOnlySpan<float> logits, string? path)
    {
        if (!TensorPrimitives.IsFiniteAll(logits))
            throw new InvalidDataException(
                $"The network's scores of {(path is null ? "an image" : $"'{VisibleText.OfPath(path)}'")} are not finite numbers: its weights " +
                "are damaged, or too large for the numbers that it computes with.");
    }
}
