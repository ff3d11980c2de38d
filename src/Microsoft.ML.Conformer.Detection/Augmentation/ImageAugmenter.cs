namespace Microsoft.ML.Conformer.Detection.Augmentation;

/// <summary>Makes of an image what a network is trained with in an epoch: all of it follows from the random numbers.</summary>
/// <param name="options">What is changed.</param>
/// <param name="preprocessing">To what size images are brought, and how colors are normalized.</param>
/// <param name="hasMasks">Whether objects' masks are needed.</param>
internal sealed class ImageAugmenter(DetectionAugmentation options, DetectorPreprocessing preprocessing, bool hasMasks)
{
    private const double LeastLargeScale = 0.1, MostLargeScale = 2;

    /// <summary>An object that is cut off must keep so many pixels in width and height, and this share of its area.</summary>
    private const float LeastSide = 1, LeastShare = 0.1f;

    /// <param name="image">The pixels as they came.</param>
    /// <param name="marked">What is in it.</param>
    /// <param name="others">Gives another image, for a mosaic.</param>
    /// <param name="random">The image's random numbers in the epoch.</param>
    public AugmentedImage Apply(
        RgbImage image, MarkedImage marked, Func<ImageRandom, (RgbImage, MarkedImage)> others, ImageRandom random)
    {
        var augmented = random.NextDouble() < options.MosaicProbability
            ? Mosaic(image, marked, others, random)
            : Compose([(image, marked, Place(SizeOf(image), random))]);
        RandomColors.Apply(augmented.Image, options.Colors, random);
        return augmented;
    }

    private Placement Place(ImageSize source, ImageRandom random)
    {
        var isMirrored = random.NextDouble() < options.FlipProbability;
        if (!options.LargeScaleJitter)
            return Placement.Alone(
                source, Fitted(source, options.SmallestScale < 1 ? random.NextDouble(options.SmallestScale, 1) : 1), isMirrored);
        var canvas = Fitted(source, 1);
        var resized = Fitted(source, random.NextDouble(LeastLargeScale, MostLargeScale));
        var (left, top) = (Offset(canvas.Width, resized.Width, random), Offset(canvas.Height, resized.Height, random));
        return new Placement(source, resized, isMirrored, left, top, canvas);
    }

    /// <summary>Four images around a point near the middle, each half as large as it would be alone.</summary>
    private AugmentedImage Mosaic(
        RgbImage image, MarkedImage marked, Func<ImageRandom, (RgbImage, MarkedImage)> others, ImageRandom random)
    {
        const double nearMiddle = 0.25;
        var canvas = Fitted(SizeOf(image), 1);
        var (x, y) = ((int)(canvas.Width * random.NextDouble(nearMiddle, 1 - nearMiddle)),
            (int)(canvas.Height * random.NextDouble(nearMiddle, 1 - nearMiddle)));
        var parts = new List<(RgbImage, MarkedImage, Placement)>();
        for (var quarter = 0; quarter < 4; quarter++)
        {
            var (pixels, objects) = quarter == 0 ? (image, marked) : others(random);
            var (source, isMirrored) = (SizeOf(pixels), random.NextDouble() < options.FlipProbability);
            var resized = Fitted(source, random.NextDouble(options.SmallestScale, 1) / 2);
            // Each touches the point with a corner, so that none is over another.
            var (left, top) = (quarter % 2 == 0 ? x - resized.Width : x, quarter / 2 == 0 ? y - resized.Height : y);
            parts.Add((pixels, objects, new Placement(source, resized, isMirrored, left, top, canvas)));
        }
        return Compose(parts);
    }

    private AugmentedImage Compose(IReadOnlyList<(RgbImage Image, MarkedImage Marked, Placement Placement)> parts)
    {
        var size = parts[0].Placement.Canvas;
        var canvas = new RgbImage(size.Width, size.Height, new byte[checked(size.Width * size.Height * RgbImage.Channels)]);
        Fill(canvas);
        var (boxes, labels, masks) = (new List<Box>(), new List<int>(), new List<RunLengthMask>());
        foreach (var (image, marked, placement) in parts)
        {
            placement.Draw(image, canvas);
            foreach (var one in marked.Learnable)
            {
                var box = placement.Of(one.Box);
                var whole = (placement with { Left = 0, Top = 0, Canvas = placement.Resized }).Of(one.Box);
                if (box.Width < LeastSide && box.Width < whole.Width || box.Height < LeastSide && box.Height < whole.Height ||
                    !box.HasArea || box.Area < LeastShare * whole.Area)
                    continue;
                if (hasMasks)
                {
                    var mask = placement.Of(one.MaskIn(placement.Source));
                    if (mask.Area == 0)
                        continue;
                    masks.Add(mask);
                }
                boxes.Add(box);
                labels.Add(one.Label);
            }
        }
        return new AugmentedImage(canvas, boxes, labels, masks);
    }

    private ImageSize Fitted(ImageSize source, double scale) => preprocessing.SizeOf(source.Height, source.Width, scale).NewSize;

    /// <summary>Where a side begins: anywhere where it is cut off or lies within.</summary>
    private static int Offset(int canvas, int side, ImageRandom random) => side > canvas
        ? -random.NextInt32(side - canvas + 1)
        : random.NextInt32(canvas - side + 1);

    /// <summary>Empty margins have the color that is normalized to 0.</summary>
    private void Fill(RgbImage canvas)
    {
        var colors = preprocessing.Colors;
        var color = Enumerable.Range(0, RgbImage.Channels).Select(i => (byte)MathF.Round(255 * colors.Mean[i])).ToArray();
        for (var i = 0; i < canvas.ByteCount; i++)
            canvas.Pixels[i] = color[i % RgbImage.Channels];
    }

    private static ImageSize SizeOf(RgbImage image) => new(image.Height, image.Width);
}
