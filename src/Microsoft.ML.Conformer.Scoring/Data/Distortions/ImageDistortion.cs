namespace Microsoft.ML.Conformer.Data.Distortions;

/// <summary>A distortion of input images and how strong it is. Thread-safe: the same image and number give the same pixels.</summary>
internal sealed record ImageDistortion
{
    private const double MaxBlur = 100;

    /// <param name="kind">What is done.</param>
    /// <param name="value">How much of it, in the kind's own unit.</param>
    /// <param name="seed">What noise is drawn by.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such kind, or it has no such value.</exception>
    public ImageDistortion(ImageDistortionKind kind, double value, int seed = 0)
    {
        if (FaultOf(kind, value) is { } fault)
            throw new ArgumentOutOfRangeException(nameof(value), value, fault);
        (Kind, Value, Seed) = (kind, value, seed);
    }

    public ImageDistortionKind Kind { get; }

    public double Value { get; }

    public int Seed { get; }

    /// <summary>What is wrong with a kind and a value, as a sentence; null where nothing is.</summary>
    public static string? FaultOf(ImageDistortionKind kind, double value)
    {
        if (!Enum.IsDefined(kind))
            return $"The distortion is {kind}; it must be one of {string.Join(", ", Enum.GetNames<ImageDistortionKind>())}.";
        var (min, max, isWhole, unit) = kind switch
        {
            ImageDistortionKind.Rotation => (double.MinValue, double.MaxValue, false, "degrees"),
            ImageDistortionKind.Scale => (1, ImagePreprocessor.MaxImageSize, true, "pixels"),
            ImageDistortionKind.Blur => (0, MaxBlur, false, "pixels"),
            ImageDistortionKind.JpegQuality => (1, 100, true, "of quality"),
            _ => (0, byte.MaxValue, false, kind == ImageDistortionKind.Noise ? "levels" : "as a factor"),
        };
        if (value >= min && value <= max && (!isWhole || double.IsInteger(value)))
            return null;
        var range = kind == ImageDistortionKind.Rotation ? "a finite number of"
            : FormattableString.Invariant($"{(isWhole ? "a whole number from " : "")}{min} to {max}");
        return FormattableString.Invariant($"{kind} is {value}; it must be {range} {unit}.");
    }

    /// <summary>Gives a distorted copy of the same size.</summary>
    /// <param name="image">The network's input before it is normalized, [S, S, 3]; it is not changed.</param>
    /// <param name="imageNumber">The image's number among those that are scored, which its noise is drawn by.</param>
    public RgbImage Apply(RgbImage image, int imageNumber)
    {
        switch (Kind)
        {
            case ImageDistortionKind.Scale:
                return ScaledCrop.Of(image, (int)Value);
            case ImageDistortionKind.JpegQuality:
                using (var file = new EncodedImage(image.ToJpeg((int)Value), new ImageDecoding(), looksAtPixels: false))
                    return file.Decode();
            default:
                var copy = image.Pixels.AsSpan(0, image.ByteCount).ToArray();
                Change(new PixelSpan(copy, image.Width, image.Height), imageNumber);
                return new RgbImage(image.Width, image.Height, copy);
        }
    }

    private void Change(PixelSpan image, int imageNumber)
    {
        switch (Kind)
        {
            case ImageDistortionKind.Rotation:
                AffineTransform.Rotation(Value, image.Width, image.Height).Apply(image, fill: default, AffineFilter.Bilinear);
                break;
            case ImageDistortionKind.Blur:
                GaussianBlur.Apply(image, (float)Value);
                break;
            case ImageDistortionKind.Noise:
                GaussianNoise.Add(image.Values, Value, new ImageRandom(Seed, epoch: 0, imageNumber));
                break;
            default:
                LevelTables.Apply(image.Values, PixelOperationKind.Brightness, Value);
                break;
        }
    }
}
