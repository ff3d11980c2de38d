using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Networks.Layers;

/// <summary>
/// The layout in which the values of a pixel lie side by side in memory, in which libtorch's convolutions are the fastest.
/// </summary>
internal static class ChannelsLast
{
    /// <summary>The same values, [N, C, H, W], in this layout.</summary>
    public static Tensor Of(Tensor tensor) => tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
}
