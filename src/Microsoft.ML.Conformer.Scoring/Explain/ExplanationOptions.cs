namespace Microsoft.ML.Conformer;

/// <summary>What an <see cref="ImageExplainer"/> shows. Copied where it is used: a later change has no effect.</summary>
public sealed class ExplanationOptions
{
    private const int LeastSide = 32, MostSide = 2048;

    /// <summary>How many of the most probable classes an explanation tells, at least 1. Default 5; of fewer classes all.</summary>
    public int TopK { get; set; } = 5;

    /// <summary>Whether the maps of both branches are given stage by stage. Default true.</summary>
    public bool IncludeStages { get; set; } = true;

    /// <summary>Side of a picture in pixels, 32-2048. Default 224.</summary>
    public int PictureSize { get; set; } = 224;

    internal ExplanationOptions Copy() => (ExplanationOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        if (TopK < 1)
            yield return $"{nameof(TopK)} is {TopK}; it must be at least 1.";
        foreach (var fault in OptionFaults.Outside(nameof(PictureSize), PictureSize, LeastSide, MostSide))
            yield return fault;
    }
}
