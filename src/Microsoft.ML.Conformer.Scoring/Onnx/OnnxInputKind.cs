namespace Microsoft.ML.Conformer.Onnx;

/// <summary>What the graph's input "image" holds.</summary>
internal enum OnnxInputKind
{
    /// <summary>float [N, 3, H, W]: RGB, scaled to 0-1, mean subtracted, divided by standard deviation; the network's own input.</summary>
    NormalizedNchw,

    /// <summary>float [N, 3, H, W]: RGB values 0-255; the graph normalizes them.</summary>
    PixelsNchw,

    /// <summary>float [N, H, W, 3]: RGB values 0-255; the graph transposes and normalizes them.</summary>
    PixelsNhwc,

    /// <summary>uint8 [N, height, width, 3]: RGB photos, any size that is the same for all N; the graph prepares them.</summary>
    PhotosNhwc,
}
