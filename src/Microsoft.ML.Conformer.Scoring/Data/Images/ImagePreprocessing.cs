namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// How a photo becomes the network's input. All of it is recorded in the file; mean and standard deviation are also part of the graph
/// where its input is pixels. The defaults are the official evaluation's.
/// </summary>
internal sealed record ImagePreprocessing
{
    /// <summary>The antialiased bicubic filter of <see cref="Resampler"/>.</summary>
    public const string Bicubic = "bicubic";

    /// <summary>Mean of each channel (RGB, values 0-1), subtracted first. Default: ImageNet's.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [.. ImageNormalization.Mean];

    /// <summary>Standard deviation of each channel (RGB, values 0-1), divided by. Default: ImageNet's.</summary>
    public IReadOnlyList<float> Std { get; init; } = [.. ImageNormalization.StandardDeviation];

    /// <summary>The center crop's side over the resized image's shorter side, 0-1. Default 0.875.</summary>
    public double CropFraction { get; init; } = ImagePreprocessor.CropRatio;

    /// <summary>The resizing filter's name. Default "bicubic" (antialiased).</summary>
    public string Interpolation { get; init; } = Bicubic;

    internal IEnumerable<string> Faults(int channels)
    {
        if (Mean.Count != channels || !Mean.All(float.IsFinite))
            yield return $"{nameof(Mean)} is [{string.Join(", ", Mean)}]; it must be {channels} numbers.";
        if (Std.Count != channels || !Std.All(value => float.IsFinite(value) && value > 0))
            yield return $"{nameof(Std)} is [{string.Join(", ", Std)}]; it must be {channels} positive numbers.";
        if (!(CropFraction > 0 && CropFraction <= 1))
            yield return $"{nameof(CropFraction)} is {CropFraction}; it must be above 0 and at most 1.";
        if (string.IsNullOrWhiteSpace(Interpolation))
            yield return $"{nameof(Interpolation)} is empty; it must name the resizing filter.";
    }
}
