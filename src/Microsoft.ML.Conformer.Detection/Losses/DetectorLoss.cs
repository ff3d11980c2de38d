using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Losses;

/// <summary>All that a detector's loss is made of: the loss is the sum of the parts.</summary>
internal sealed class DetectorLoss(DetectionNetwork network, LossRules rules)
{
    private readonly AnchorLosses _anchors = new(network.Architecture, rules);
    private readonly RegionLosses _regions = new(network, rules);

    /// <param name="outputs">Of the network, for a batch.</param>
    /// <param name="objects">Of each image.</param>
    /// <param name="random">Chooses what counts.</param>
    public IReadOnlyList<PartialLoss> Of(AnchorOutputs outputs, IReadOnlyList<ImageObjects> objects, ImageRandom random) =>
    [
        .. _anchors.Of(outputs, objects, random),
        .. network.Architecture.IsTwoStage ? _regions.Of(outputs, objects, random) : [],
    ];

    public static Tensor Sum(IReadOnlyList<PartialLoss> losses)
    {
        using var scope = NewDisposeScope();
        return losses.Select(loss => loss.Values.sum()).Aggregate((sum, next) => sum.Plus(next)).MoveToOuterDisposeScope();
    }
}
