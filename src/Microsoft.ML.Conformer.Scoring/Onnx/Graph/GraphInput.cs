namespace Microsoft.ML.Conformer.Onnx.Graph;

/// <summary>A graph's input, and the steps from it to the first convolution.</summary>
internal sealed class GraphInput(GraphBuilder graph, VisionArchitecture architecture, OnnxGraphSettings settings)
{
    private bool ChannelsLast => settings.InputKind is OnnxInputKind.PixelsNhwc or OnnxInputKind.PhotosNhwc;

    public ValueInfoProto Info()
    {
        var isFree = settings.InputKind == OnnxInputKind.PhotosNhwc || settings.Options.DynamicImageSize;
        var height = isFree ? OnnxDimension.Free("height") : settings.ImageHeight;
        var width = isFree ? OnnxDimension.Free("width") : settings.ImageWidth;
        return new(
            GraphNames.Input, settings.InputKind == OnnxInputKind.PhotosNhwc ? OnnxElementType.Uint8 : OnnxElementType.Float,
            ChannelsLast
                ? [OnnxDimension.Batch, height, width, architecture.InputChannels]
                : [OnnxDimension.Batch, architecture.InputChannels, height, width]);
    }

    /// <summary>Height and width of the images that the network sees, in pixels; null where they are free.</summary>
    public (int Height, int Width)? FixedSize => settings.Options.DynamicImageSize ? null : (settings.ImageHeight, settings.ImageWidth);

    /// <summary>Adds what is done once the mean is subtracted, and gives the result's name; null (default) for nothing.</summary>
    public Func<string, string>? AfterCentering { get; init; }

    /// <summary>
    /// Height and width, int64 [1] each, that images of free sizes have afterward, where that changes them; null (default): the input's.
    /// </summary>
    public (string Height, string Width)? FreeSize { get; init; }

    /// <summary>The input's dimension that is the images' height; the next one is their width.</summary>
    public int HeightAxis => ChannelsLast ? 1 : 2;

    /// <summary>
    /// The input with the mean subtracted, as [N, channels, height, width], and by what each channel must yet be multiplied: that is left
    /// to the first layer's weights, since its zero padding stays zero. A null scale is 1.
    /// </summary>
    public (string X, double[]? Scale) Centered()
    {
        if (settings.InputKind == OnnxInputKind.NormalizedNchw)
            return (AfterCentering?.Invoke(GraphNames.Input) ?? GraphNames.Input, null);
        var x = settings.InputKind switch
        {
            OnnxInputKind.PixelsNhwc =>
                graph.Add("Transpose", "image.nchw", [GraphNames.Input], new OnnxAttribute("perm", new long[] { 0, 3, 1, 2 })),
            OnnxInputKind.PhotosNhwc => graph.Declare(
                new PhotoPreprocessing(graph, settings.ImageHeight, settings.Preprocessing).Crop(GraphNames.Input),
                OnnxDimension.Batch, architecture.InputChannels, settings.ImageHeight, settings.ImageWidth),
            _ => GraphNames.Input,
        };
        float[] mean = [.. settings.Preprocessing.Mean.Select(value => (float)(byte.MaxValue * (double)value))];
        var means = graph.Constant("image.mean", [1, mean.Length, 1, 1], mean);
        x = graph.Add("Sub", "image.centered", [x, means]);
        return (AfterCentering?.Invoke(x) ?? x, Scale(settings.InputKind, settings.Preprocessing));
    }

    /// <summary>By what each channel must be multiplied, once the mean is subtracted, for the colors to be normalized.</summary>
    public static double[] Scale(OnnxInputKind kind, ImagePreprocessing preprocessing) =>
        [.. preprocessing.Std.Select(std => kind == OnnxInputKind.NormalizedNchw ? 1 : 1 / (byte.MaxValue * (double)std))];
}
