namespace Microsoft.ML.Conformer.Detection.Images;

/// <summary>How a photo becomes a detector's input: resized with its ratio kept, normalized, and padded with zeros.</summary>
internal sealed record DetectorPreprocessing
{
    /// <summary>The most pixels of the longer side, and of the shorter one. Default: as the Conformer's authors did.</summary>
    public int LongestSide { get; init; } = 1344;

    /// <inheritdoc cref="LongestSide"/>
    public int ShortestSide { get; init; } = 800;

    /// <summary>How colors are normalized, and what shows through transparent pixels; crops and filters have no part in it.</summary>
    public ImagePreprocessing Colors { get; init; } = new();

    /// <summary>What an image is resized to.</summary>
    /// <param name="height">Of the image.</param>
    /// <param name="width">Of the image.</param>
    /// <param name="scale">Multiplies the limits of both sides. Default 1.</param>
    public ResizedImage SizeOf(int height, int width, double scale = 1)
    {
        int Limit(int side) => Math.Max(1, (int)(side * scale));
        return ResizedImage.Within(height, width, Limit(LongestSide), Limit(ShortestSide));
    }

    public IEnumerable<string> Faults()
    {
        foreach (var (name, side) in new[] { (nameof(LongestSide), LongestSide), (nameof(ShortestSide), ShortestSide) })
            foreach (var fault in OptionFaults.Outside(name, side, 1, ImagePreprocessor.MaxImageSize))
                yield return fault;
        if (ShortestSide > LongestSide)
            yield return $"{nameof(ShortestSide)} is {ShortestSide}; it must be at most {nameof(LongestSide)}, {LongestSide}.";
        foreach (var fault in Colors.Faults(RgbImage.Channels))
            yield return fault;
    }
}
