namespace Microsoft.ML.Conformer;

/// <summary>
/// Brightness, contrast, saturation and hue of an image changed in random order, each by a factor or shift of its own, as torchvision's
/// ColorJitter does.
/// </summary>
public sealed record ColorJitterRecipe
{
    /// <summary>b, at least 0: the brightness is multiplied by max(0, 1 - b) to 1 + b, uniformly. Default 0.</summary>
    public double Brightness { get; init; }

    /// <summary>c, at least 0: the contrast is multiplied by max(0, 1 - c) to 1 + c, uniformly. Default 0.</summary>
    public double Contrast { get; init; }

    /// <summary>s, at least 0: the saturation is multiplied by max(0, 1 - s) to 1 + s, uniformly. Default 0.</summary>
    public double Saturation { get; init; }

    /// <summary>h, 0-0.5: the hue is shifted by -h to h of its circle, uniformly. Default 0.</summary>
    public double Hue { get; init; }

    internal IEnumerable<string> Faults() =>
    [
        .. OptionFaults.Outside(nameof(Brightness), Brightness, 0, double.MaxValue),
        .. OptionFaults.Outside(nameof(Contrast), Contrast, 0, double.MaxValue),
        .. OptionFaults.Outside(nameof(Saturation), Saturation, 0, double.MaxValue),
        .. OptionFaults.Outside(nameof(Hue), Hue, 0, 0.5),
    ];
}
