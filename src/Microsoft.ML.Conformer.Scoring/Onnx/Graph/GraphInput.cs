using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph.Conformer;

namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>A graph's input, and the steps from it to the first convolution.</summary>
internal sealed class GraphInput(GraphBuilder graph, ConformerArchitecture architecture, OnnxGraphSettings settings)
{
    /// <summary>Name of the input.</summary>
    public const string Name = "image";

    private bool ChannelsLast => settings.InputKind is OnnxInputKind.PixelsNhwc or OnnxInputKind.PhotosNhwc;

    /// <summary>The input's element type and shape.</summary>
    public OnnxValueInfo Info()
    {
        var isFree = settings.InputKind == OnnxInputKind.PhotosNhwc || settings.Options.DynamicImageSize;
        var height = isFree ? OnnxDimension.Free("height") : settings.ImageHeight;
        var width = isFree ? OnnxDimension.Free("width") : settings.ImageWidth;
        return new(
            Name, settings.InputKind == OnnxInputKind.PhotosNhwc ? OnnxElementType.UInt8 : OnnxElementType.Float,
            ChannelsLast
                ? [OnnxDimension.Batch, height, width, architecture.InputChannels]
                : [OnnxDimension.Batch, architecture.InputChannels, height, width]);
    }

    /// <summary>The patches of the images that the network sees.</summary>
    public TokenGrid Grid() => settings.Options.DynamicImageSize
        ? TokenGrid.Measured(graph, architecture, Name, heightAxis: ChannelsLast ? 1 : 2)
        : TokenGrid.Fixed(architecture, settings.ImageHeight, settings.ImageWidth);

    /// <summary>
    /// The input with the mean subtracted, as [N, channels, height, width], and by what each channel must yet be multiplied: that is left
    /// to conv1's weights, since its zero padding stays zero. A null scale is 1.
    /// </summary>
    public (string X, double[]? Scale) Centered()
    {
        if (settings.InputKind == OnnxInputKind.NormalizedNchw)
            return (Name, null);
        var x = settings.InputKind switch
        {
            OnnxInputKind.PixelsNhwc =>
                graph.Add("Transpose", "image.nchw", [Name], new OnnxAttribute("perm", new long[] { 0, 3, 1, 2 })),
            OnnxInputKind.PhotosNhwc => Crop(),
            _ => Name,
        };
        double[] mean = [.. settings.Preprocessing.Mean], std = [.. settings.Preprocessing.Std];
        var means = graph.Weight("image.mean", [1, mean.Length, 1, 1], (float[])[.. mean.Select(value => (float)(byte.MaxValue * value))]);
        return (graph.Add("Sub", "image.centered", [x, means]), [.. std.Select(value => 1 / (byte.MaxValue * value))]);
    }

    private string Crop()
    {
        var shorterSide = ImagePreprocessor.ShorterSideOf(settings.ImageHeight, settings.Preprocessing.CropFraction);
        var crop = new PhotoPreprocessing(graph, settings.ImageHeight, shorterSide).Crop(Name);
        return graph.Declare(crop, OnnxDimension.Batch, architecture.InputChannels, settings.ImageHeight, settings.ImageWidth);
    }
}
