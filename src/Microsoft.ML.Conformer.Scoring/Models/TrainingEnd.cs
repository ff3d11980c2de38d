namespace Microsoft.ML.Conformer;

/// <summary>How a training run came to its end.</summary>
public enum TrainingEnd
{
    /// <summary>After its last epoch.</summary>
    Completed,

    /// <summary>It was canceled, and its best weights so far were asked for.</summary>
    Canceled,

    /// <summary>Its loss was no longer finite, and its best weights so far were asked for.</summary>
    Diverged,

    /// <summary>Validation did not become better for as many epochs in a row as the trainer's option Validation.Patience says.</summary>
    StoppedEarly,
}
