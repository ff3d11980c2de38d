namespace Microsoft.ML.Conformer;

/// <summary>What CheckImageFolder looks for, and how. Used during the call alone.</summary>
public sealed class ImageCheckOptions
{
    internal const int DefaultNearDuplicateDistance = 4;
    private const int MostNearDuplicateDistance = 10;

    /// <summary>Shorter side, in pixels, below which an image is tiny. At least 1; default 32.</summary>
    public int MinSide { get; set; } = 32;

    /// <summary>
    /// Width times height above which an image is too large: what training is told, too. 1 to 500 million; default 178,956,970.
    /// </summary>
    public long MaxImagePixels { get; set; } = ImageDecoding.DefaultMaxPixels;

    /// <summary>What shows through transparent pixels, as in training. Default black.</summary>
    public ImageBackground Background { get; set; }

    /// <summary>
    /// Levels of 256 within which 99 % of an image's values lie, in each of its colors, where it is nearly constant. 1-256; default 16. A
    /// 16-bit PNG that uses 8 of its bits comes out nearly black, and so is.
    /// </summary>
    public int ConstantLevels { get; set; } = 16;

    /// <summary>
    /// Bits of 64 by which the perceptual hashes of near duplicates differ at most. 0-10; default 4; null looks for none.
    /// </summary>
    public int? NearDuplicateDistance { get; set; } = DefaultNearDuplicateDistance;

    /// <summary>Images to train on below which a class has few. At least 1; default 20.</summary>
    public int MinImagesPerClass { get; set; } = 20;

    /// <summary>
    /// The largest class's images to train on by those of the smallest, above which classes are imbalanced. At least 1; default 10.
    /// </summary>
    public double MaxImbalance { get; set; } = 10;

    /// <summary>Whether the images in sub-folders of a class folder, however deep, belong to the class. Default true.</summary>
    public bool IncludeSubfolders { get; set; } = true;

    /// <summary>Images that are looked at at once, without effect on the report. 1-1024; null (default): one a processor.</summary>
    public int? Threads { get; set; }

    /// <summary>Told now and then how many images were looked at, of all parts: their role is "listed".</summary>
    public IProgress<ImageReadingProgress>? Progress { get; set; }

    /// <summary>Ends the check.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal ImageDecoding Decoding => new() { MaxPixels = MaxImagePixels, Background = Background };

    internal IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(Background))
            yield return OptionFaults.NotDefined(nameof(Background), Background);
        foreach (var fault in (string[])
            [
                .. OptionFaults.Outside(nameof(MinSide), MinSide, 1, double.MaxValue),
                .. OptionFaults.Outside(nameof(MaxImagePixels), MaxImagePixels, 1, ImageDecoding.MostMaxPixels),
                .. OptionFaults.Outside(nameof(ConstantLevels), ConstantLevels, 1, 256),
                .. OptionFaults.Outside(nameof(NearDuplicateDistance), NearDuplicateDistance ?? 0, 0, MostNearDuplicateDistance),
                .. OptionFaults.Outside(nameof(MinImagesPerClass), MinImagesPerClass, 1, double.MaxValue),
                .. OptionFaults.Outside(nameof(MaxImbalance), MaxImbalance, 1, double.MaxValue),
                .. OptionFaults.Outside(nameof(Threads), Threads ?? 1, 1, 1024),
            ])
            yield return fault;
    }
}
