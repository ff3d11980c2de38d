using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Losses;

/// <summary>The cross entropy of each pixel's class, by logits resized to the images; pixels without a class do not count.</summary>
/// <param name="sizeDivisor">The network pads images to multiples of so many pixels.</param>
internal sealed class SegmentationLoss(int sizeDivisor)
{
    /// <summary>What the auxiliary head's loss is multiplied by. Default 0.4, the paper's and mmsegmentation's.</summary>
    public double AuxiliaryWeight { get; init; } = 0.4;

    /// <summary>
    /// Whether the sum is divided by the number of all pixels, those without a class too, as mmsegmentation does. Default false: by those
    /// that have one, so that an image that is labeled in part, or padded, counts as much for each pixel as another.
    /// </summary>
    public bool DividesByAllPixels { get; init; }

    /// <param name="logits">The head's, [N, C, h, w], and in training the auxiliary head's, if there is one.</param>
    /// <param name="labels">The classes, bytes or int64, [N, H, W]; 255 for none.</param>
    /// <returns>A scalar; 0 where no pixel counts.</returns>
    public Tensor Of(IReadOnlyList<Tensor> logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var size = new ImageSize((int)labels.shape[1], (int)labels.shape[2]);
        var classes = labels.to(ScalarType.Int64);
        var divisor = DividesByAllPixels ? null : classes.ne(tensor((long)SegmentationCounts.Ignored, device: classes.device)).sum();
        Tensor LossOf(Tensor output)
        {
            var sum = Sum(PixelLogits.Of(output, size, sizeDivisor), classes);
            return divisor is null ? sum.Over(classes.numel()) : sum.div(divisor.to(ScalarType.Float32).AtLeast(1));
        }
        var loss = LossOf(logits[0]);
        if (logits.Count > 1)
            loss = loss.Plus(LossOf(logits[1]).Times(AuxiliaryWeight));
        return loss.MoveToOuterDisposeScope();
    }

    private static Tensor Sum(Tensor logits, Tensor classes) =>
        functional.cross_entropy(logits, classes, ignore_index: SegmentationCounts.Ignored, reduction: Reduction.Sum);
}
