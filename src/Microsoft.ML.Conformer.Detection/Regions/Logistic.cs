namespace Microsoft.ML.Conformer.Detection.Regions;

/// <summary>Scores from logits.</summary>
internal static class Logistic
{
    public static float Of(float logit) => 1 / (1 + MathF.Exp(-logit));
}
