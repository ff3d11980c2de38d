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

    /// <summary>
    /// The label, as text, of images that are of none of the classes. EvaluateImages counts them in the rejection curve alone; elsewhere
    /// they are left out. Null (default): a label that is no class of the model is an error.
    /// </summary>
    public string? NoneLabel { get; set; }

    /// <summary>Told now and then how many images are scored. Null (default): nobody.</summary>
    public IProgress<ImageReadingProgress>? Progress { get; set; }

    /// <summary>Ends the work. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Whether images of none of the classes are scored too.</summary>
    internal virtual bool KeepsImagesOfNone => false;

    internal virtual IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(LabelColumnName))
            yield return $"{nameof(LabelColumnName)} is empty.";
    }
}
