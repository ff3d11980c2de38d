namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>Names in the graphs of all networks.</summary>
internal static class GraphNames
{
    public const string Input = "image";

    public const string Score = "Score", ClassIndex = "ClassIndex", PredictedLabel = "PredictedLabel", TopScores = "TopScores",
        TopLabels = "TopLabels";

    public const string ClassActivationMaps = "cam", ClassAttention = "class_attention", Rollout = "rollout";

    /// <summary>The sum of the heads' logits, [N, C], inside the graph.</summary>
    public const string Logits = "logits";

    public static string FeatureMap(int level) => $"c{level}";

    public static string TokenMap(int level) => $"t{level}";
}
