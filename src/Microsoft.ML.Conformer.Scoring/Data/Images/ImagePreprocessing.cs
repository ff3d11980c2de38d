using System.Globalization;

namespace Microsoft.ML.Conformer.Data.Images;

/// <summary>
/// How a photo becomes a network's input: resized, cropped, and normalized by (value / 255 - mean) / standard deviation. It is the
/// architecture's, recorded in every exported file. The defaults are those of the official evaluation of the Conformers on ImageNet.
/// </summary>
internal sealed record ImagePreprocessing
{
    /// <summary>Mean of each channel (RGB, values 0-1). Default: ImageNet's.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Standard deviation of each channel (RGB, values 0-1). Default: ImageNet's.</summary>
    public IReadOnlyList<float> Std { get; init; } = [0.229f, 0.224f, 0.225f];

    /// <summary>The center crop's side over the resized image's shorter side, 0.01 to 1. Default 0.875.</summary>
    public double CropFraction { get; init; } = 0.875;

    /// <summary>The name of the resizing filter, one of <see cref="ResamplingKernel.All"/>. Default "bicubic".</summary>
    public string Interpolation { get; init; } = ResamplingKernel.Bicubic.Name;

    /// <summary>What shows through transparent pixels. Default black.</summary>
    public ImageBackground Background { get; init; }

    internal ResamplingKernel Kernel => ResamplingKernel.All.Single(kernel => kernel.Name == Interpolation);

    /// <summary>What an image's shorter side is resized to for a crop of a size, in pixels.</summary>
    internal int ShorterSide(int imageSize) => (int)Math.Round(imageSize / CropFraction);

    /// <summary>Gives normalized images, [.., H, W, 3], their bytes back.</summary>
    internal void Denormalize(ReadOnlySpan<float> normalized, Span<byte> colors)
    {
        for (var i = 0; i < normalized.Length; i++)
        {
            var value = normalized[i] * Std[i % RgbImage.Channels] + Mean[i % RgbImage.Channels];
            colors[i] = (byte)Math.Clamp(MathF.Round(255 * value), 0, 255);
        }
    }

    internal IEnumerable<string> Faults(int channels)
    {
        static string List(IEnumerable<float> values) =>
            string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)));
        if (Mean.Count != channels || !Mean.All(float.IsFinite))
            yield return $"{nameof(Mean)} is [{List(Mean)}]; it must be {channels} numbers.";
        if (Std.Count != channels || !Std.All(value => float.IsFinite(value) && value >= 1e-6f))
            yield return $"{nameof(Std)} is [{List(Std)}]; it must be {channels} positive numbers, at least 1e-6.";
        if (!(CropFraction is >= 0.01 and <= 1))
            yield return FormattableString.Invariant($"{nameof(CropFraction)} is {CropFraction}; it must be 0.01 to 1.");
        if (!Enum.IsDefined(Background))
            yield return $"{nameof(Background)} is {Background}; it must be one of {string.Join(", ", Enum.GetNames<ImageBackground>())}.";
        if (!ResamplingKernel.All.Any(kernel => kernel.Name == Interpolation))
            yield return $"{nameof(Interpolation)} is '{VisibleText.Of(Interpolation)}'; it must be one of " +
                $"{string.Join(", ", ResamplingKernel.All.Select(kernel => kernel.Name))}.";
    }
}
