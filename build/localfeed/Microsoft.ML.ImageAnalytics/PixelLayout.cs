using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Image;

/// <summary>How pixels become a vector.</summary>
internal sealed class PixelLayout
{
    public PixelLayout(
        ImagePixelExtractingEstimator.ColorBits colors,
        ImagePixelExtractingEstimator.ColorsOrder order,
        bool interleave,
        float offset,
        float scale,
        bool asFloats)
    {
        Colors = colors;
        Order = order;
        Interleave = interleave;
        Offset = offset;
        Scale = scale;
        AsFloats = asFloats;
        Channels = order.ToString().Where(channel => colors.HasFlag(BitOf(channel))).ToArray();
        Contracts.CheckParam(Channels.Length > 0, "colorsToExtract", "Need to use at least one color plane.");
        Contracts.CheckParam(float.IsFinite(offset), "offsetImage");
        Contracts.CheckParam(float.IsFinite(scale) && scale != 0, "scaleImage");
    }

    public ImagePixelExtractingEstimator.ColorBits Colors { get; }

    public ImagePixelExtractingEstimator.ColorsOrder Order { get; }

    /// <summary>Whether the shape is [H, W, C] rather than [C, H, W].</summary>
    public bool Interleave { get; }

    public float Offset { get; }

    public float Scale { get; }

    public bool AsFloats { get; }

    /// <summary>The channels to take, in order; letters of ARGB.</summary>
    public char[] Channels { get; }

    public PrimitiveDataViewType ItemType => AsFloats ? NumberDataViewType.Single : NumberDataViewType.Byte;

    public VectorDataViewType VectorType(ImageDataViewType image) => Interleave
        ? new(ItemType, image.Height, image.Width, Channels.Length)
        : new(ItemType, Channels.Length, image.Height, image.Width);

    /// <summary>Writes the image's values, each replaced by its entry of <paramref name="table"/>.</summary>
    public void Extract<T>(MLImage image, ReadOnlySpan<T> table, Span<T> values)
    {
        var places = image.PixelFormat == MLPixelFormat.Bgra32 ? "BGRA" : "RGBA";
        var pixels = image.Pixels;
        var count = pixels.Length / 4;
        for (var i = 0; i < Channels.Length; i++)
        {
            var from = places.IndexOf(Channels[i], StringComparison.Ordinal);
            var (to, step) = Interleave ? (i, Channels.Length) : (i * count, 1);
            for (; from < pixels.Length; from += 4, to += step)
                values[to] = table[pixels[from]];
        }
    }

    private static ImagePixelExtractingEstimator.ColorBits BitOf(char channel) => channel switch
    {
        'A' => ImagePixelExtractingEstimator.ColorBits.Alpha,
        'R' => ImagePixelExtractingEstimator.ColorBits.Red,
        'G' => ImagePixelExtractingEstimator.ColorBits.Green,
        _ => ImagePixelExtractingEstimator.ColorBits.Blue,
    };
}
