namespace Microsoft.ML.Data;

/// <summary>The names of annotations that components agree on.</summary>
internal static class AnnotationKinds
{
    /// <summary>The names of a vector's slots, as text.</summary>
    public const string SlotNames = "SlotNames";

    /// <summary>The values behind a key, in key order.</summary>
    public const string KeyValues = "KeyValues";

    /// <summary>The classes of a score vector, where they are not text.</summary>
    public const string TrainingLabelValues = "TrainingLabelValues";

    public const string IsNormalized = "IsNormalized";

    public const string ScoreColumnSetId = "ScoreColumnSetId";

    public const string ScoreColumnKind = "ScoreColumnKind";

    public const string ScoreValueKind = "ScoreValueKind";
}
