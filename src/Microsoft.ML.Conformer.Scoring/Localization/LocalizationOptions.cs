namespace Microsoft.ML.Conformer;

/// <summary>How objects are located with the maps of a classifier.</summary>
public sealed class LocalizationOptions : LabeledImageOptions
{
    /// <summary>
    /// From which fraction of a map's maximum on a pixel belongs to the object, between 0 and 1. Null (default): for each kind of map the
    /// one of 0.05, 0.1 ... 0.95 that finds most boxes of these images (Choe et al., CVPR 2020, MaxBoxAcc); choose it on other images than
    /// those that are reported. 0.2 is what Zhou et al. (CVPR 2016) take for class activation maps.
    /// </summary>
    public double? Threshold { get; set; }

    internal override IEnumerable<string> Faults()
    {
        foreach (var fault in base.Faults())
            yield return fault;
        if (Threshold is { } threshold && !(threshold is > 0 and < 1))
            yield return FormattableString.Invariant($"{nameof(Threshold)} is {threshold}; it must be between 0 and 1, or null.");
    }
}
