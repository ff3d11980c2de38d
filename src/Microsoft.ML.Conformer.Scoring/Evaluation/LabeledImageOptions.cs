namespace Microsoft.ML.Conformer;

/// <summary>How images whose classes are known are read.</summary>
public abstract class LabeledImageOptions
{
    private protected LabeledImageOptions()
    {
    }

    /// <summary>
    /// Column with the images' true classes: text, or a key over the classes in any order. A row without a label is left out. Default
    /// "Label".
    /// </summary>
    public string LabelColumnName { get; set; } = ScoringColumns.DefaultLabel;

    /// <summary>Told now and then how many images are scored. Null (default): nobody.</summary>
    public IProgress<ImageReadingProgress>? Progress { get; set; }

    /// <summary>Ends the work. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>The label of images of none of the classes; null where that is no label.</summary>
    internal virtual string? LabelOfNone => null;

    internal virtual IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            yield return $"{nameof(LabelColumnName)} is empty.";
    }
}
