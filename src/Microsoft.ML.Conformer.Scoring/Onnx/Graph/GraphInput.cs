using Microsoft.ML.Conformer.Onnx.Format;

namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>A graph's input, and the steps from it to the first convolution.</summary>
internal sealed class GraphInput(GraphBuilder graph, VisionArchitecture architecture, OnnxGraphSettings settings)
{
    private bool ChannelsLast => settings.InputKind is OnnxInputKind.PixelsNhwc or OnnxInputKind.PhotosNhwc;

    /// <summary>The input's element type and shape.</summary>
    public OnnxValueInfo Info()
    {
        var isFree = settings.InputKind == OnnxInputKind.PhotosNhwc || settings.Options.DynamicImageSize;
        var height = isFree ? OnnxDimension.Free("height") : settings.ImageHeight;
        var width = isFree ? OnnxDimension.Free("width") : settings.ImageWidth;
        return new(
            GraphNames.Input, settings.InputKind == OnnxInputKind.PhotosNhwc ? OnnxElementType.UInt8 : OnnxElementType.Float,
            ChannelsLast
                ? [OnnxDimension.Batch, height, width, architecture.InputChannels]
                : [OnnxDimension.Batch, architecture.InputChannels, height, width]);
    }

    /// <summary>Height and width of the images that the network sees, in pixels; null where they are free.</summary>
    public (int Height, int Width)? FixedSize => settings.Options.DynamicImageSize ? null : (settings.ImageHeight, settings.ImageWidth);

    /// <summary>The input's dimension that is the images' height; the next one is their width.</summary>
    public int HeightAxis => ChannelsLast ? 1 : 2;

    /// <summary>
    /// The input with the mean subtracted, as [N, channels, height, width], and by what each channel must yet be multiplied: that is left
    /// to the first layer's weights, since its zero padding stays zero. A null scale is 1.
    /// </summary>
    public (string X, double[]? Scale) Centered()
    {
        if (settings.InputKind == OnnxInputKind.NormalizedNchw)
            return (GraphNames.Input, null);
        var x = settings.InputKind switch
        {
            OnnxInputKind.PixelsNhwc =>
                graph.Add("Transpose", "image.nchw", [GraphNames.Input], new OnnxAttribute("perm", new long[] { 0, 3, 1, 2 })),
            OnnxInputKind.PhotosNhwc => Crop(),
            _ => GraphNames.Input,
        };
        double[] mean = [.. settings.Preprocessing.Mean], std = [.. settings.Preprocessing.Std];
        var means = graph.Weight("image.mean", [1, mean.Length, 1, 1], (float[])[.. mean.Select(value => (float)(byte.MaxValue * value))]);
        return (graph.Add("Sub", "image.centered", [x, means]), [.. std.Select(value => 1 / (byte.MaxValue * value))]);
    }

    private string Crop()
    {
        var crop = new PhotoPreprocessing(graph, settings.ImageHeight, settings.Preprocessing).Crop(GraphNames.Input);
        return graph.Declare(crop, OnnxDimension.Batch, architecture.InputChannels, settings.ImageHeight, settings.ImageWidth);
    }
}
