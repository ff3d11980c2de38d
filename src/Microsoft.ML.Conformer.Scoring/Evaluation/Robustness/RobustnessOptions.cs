namespace Microsoft.ML.Conformer;

/// <summary>How images are distorted, to see what a network withstands.</summary>
public sealed class RobustnessOptions : LabeledImageOptions
{
    private static readonly double[] _sizes = [0.5, 0.625, 0.75, 0.875, 1.125, 1.25, 1.5];

    /// <summary>
    /// What is done to images, and how much of it, in the kind's unit. Default: rotation by 60, 120, 180, 240 and 300 degrees (Peng et al.,
    /// ICCV 2021, figure 5); blur by 0.5, 1, 2 and 4 pixels; noise of 8, 16, 32 and 64 levels; JPEG of the quality 80, 50, 20, 10 and 5;
    /// brightness by 0.25, 0.5, 0.75, 1.5, 2 and 3.
    /// </summary>
    /// <remarks>
    /// Images are distorted after they are resized and cropped, so that a value means the same for all of them. Each value takes as long as
    /// the images themselves.
    /// </remarks>
    public IDictionary<ImageDistortionKind, IReadOnlyList<double>> Distortions { get; init; } =
        new Dictionary<ImageDistortionKind, IReadOnlyList<double>>
        {
            [ImageDistortionKind.Rotation] = [60, 120, 180, 240, 300],
            [ImageDistortionKind.Blur] = [0.5, 1, 2, 4],
            [ImageDistortionKind.Noise] = [8, 16, 32, 64],
            [ImageDistortionKind.JpegQuality] = [80, 50, 20, 10, 5],
            [ImageDistortionKind.Brightness] = [0.25, 0.5, 0.75, 1.5, 2, 3],
        };

    /// <summary>
    /// Sides in pixels of images that the same network is shown besides those of its own size: the whole image, prepared as ever, smaller
    /// or larger. Null (default): from a half to one and a half times the network's size, as far as the network takes such
    /// sizes; of a model that was loaded from a file in 16 or 8 bits none.
    /// </summary>
    public IReadOnlyList<int>? ImageSizes { get; set; }

    /// <summary>Fixes the noise. Default 0.</summary>
    public int Seed { get; set; }

    internal override IEnumerable<string> Faults()
    {
        foreach (var fault in base.Faults())
            yield return fault;
        if (Distortions is null)
        {
            yield return $"{nameof(Distortions)} is null; leave it empty for none.";
            yield break;
        }
        foreach (var kind in Distortions.Where(kind => kind.Value is null).Select(kind => kind.Key))
            yield return $"{nameof(Distortions)}: {kind} has no list of values.";
        foreach (var (kind, values) in Distortions.Where(kind => kind.Value is not null))
            foreach (var fault in values.Select(value => ImageDistortion.FaultOf(kind, value)))
                if (fault is not null)
                    yield return $"{nameof(Distortions)}: {fault}";
        foreach (var size in ImageSizes ?? [])
            foreach (var fault in OptionFaults.Outside(nameof(ImageSizes), size, 1, ImagePreprocessor.MaxImageSize))
                yield return fault;
    }

    /// <summary>The sizes that a network is shown.</summary>
    /// <exception cref="ArgumentException">The network takes no images of a size that was asked for; the message lists all.</exception>
    /// <exception cref="InvalidOperationException">
    /// Others than the model's were asked for, and it was loaded from a file without its weights in 32-bit floats.
    /// </exception>
    internal IReadOnlyList<int> SizesFor(ScorableModel model)
    {
        var isWhole = model.Precision == OnnxPrecision.Float32;
        if (ImageSizes is null)
            return !isWhole ? [] : [.. _sizes.Select(factor => Near(factor * model.ImageSize)).Distinct()
                .Where(size => size != model.ImageSize && size <= ImagePreprocessor.MaxImageSize && !FaultsOf(size).Any())];
        OptionFaults.ThrowIfAny([.. ImageSizes
            .SelectMany(size => FaultsOf(size).Select(fault => $"{nameof(ImageSizes)} has {size}. {fault}"))]);
        if (!isWhole && ImageSizes.Any(size => size != model.ImageSize))
            throw new InvalidOperationException(
                $"{nameof(ImageSizes)} has others than {model.ImageSize}, and the model was loaded from a file in {model.Precision}, of " +
                "which no other can be made. Take a file of it in 32-bit floats.");
        return [.. ImageSizes.Distinct()];

        IEnumerable<string> FaultsOf(int size) => model.Architecture.ImageSizeFaults(size, size);

        // The nearest that Conformers need not pad.
        static int Near(double size) => Math.Max(32, (int)Math.Round(size / 16) * 16);
    }
}
