using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>What a map of logits says of each pixel of the images.</summary>
internal static class PixelLogits
{
    /// <param name="logits">[N, C, h, w], of padded images.</param>
    /// <param name="size">The images' without padding.</param>
    /// <param name="divisor">They were padded to multiples of so many pixels.</param>
    /// <returns>[N, C, height, width], in 32 bits.</returns>
    public static Tensor Of(Tensor logits, ImageSize size, int divisor)
    {
        using var scope = NewDisposeScope();
        var padded = size.PaddedTo(divisor);
        return functional.interpolate(
            logits.to(ScalarType.Float32), size: [padded.Height, padded.Width], mode: InterpolationMode.Bilinear, align_corners: false)
            .narrow(2, 0, size.Height).narrow(3, 0, size.Width).MoveToOuterDisposeScope();
    }
}
