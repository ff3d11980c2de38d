namespace Microsoft.ML.Conformer.Detection.Regions;

/// <summary>Scores from logits.</summary>
internal static class Logistic
{
    public static float Of(float logit) => 1 / (1 + MathF.Exp(-logit));

    /// <summary>Makes logits probabilities whose sum is 1.</summary>
    public static void Softmax(Span<float> logits)
    {
        var (greatest, sum) = (float.NegativeInfinity, 0f);
        foreach (var logit in logits)
            greatest = Math.Max(greatest, logit);
        foreach (ref var value in logits)
            sum += value = MathF.Exp(value - greatest);
        foreach (ref var value in logits)
            value /= sum;
    }
}
