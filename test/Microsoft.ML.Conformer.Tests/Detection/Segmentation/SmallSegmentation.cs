using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

/// <summary>Networks for segmentation that are small enough for tests, with weights by formula.</summary>
internal static class SmallSegmentation
{
    public static SegmentationArchitecture Of(bool isConTNet) => new()
    {
        Backbone = isConTNet ? ConTNet : ExportedGraph.Micro with { Depth = 6 },
        NumClasses = 4,
        Channels = 8,
        AuxiliaryChannels = 8,
    };

    public static FormulaWeights Weights(SegmentationArchitecture architecture) =>
        new(architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray()));

    /// <summary>Without dropout.</summary>
    public static SegmentationNetwork Network(SegmentationArchitecture architecture)
    {
        var network = new SegmentationNetwork(architecture, drop: 0);
        var weights = Weights(architecture);
        using (no_grad())
            foreach (var (name, target) in network.state_dict())
                if (target.is_floating_point())
                    target.copy_(tensor(weights.Read(name)).view(target.shape));
        return network;
    }

    /// <summary>[N, 3, height, width] by formula.</summary>
    public static float[] Images(int count, int height, int width) =>
        [.. Enumerable.Range(0, count).SelectMany(k => Formula.Image(k, height, width))];

    /// <summary>Its windows are of 2 and 4 pixels.</summary>
    private static ConTNetArchitecture ConTNet => new()
    {
        StemWidth = 8,
        Stages =
        [
            .. Enumerable.Range(0, 4).Select(index => new ConTNetStage
            {
                MlpWidth = 16,
                NumHeads = 1 << index,
                FirstWindow = 2,
                SecondWindow = index == 3 ? 2 : 4,
            }),
        ],
    };
}
