using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>AdamW (Loshchilov and Hutter, 2019) with the official groups.</summary>
internal static class ConformerOptimizer
{
    /// <summary>Built after the network has its device: moving a network replaces its parameters.</summary>
    public static AdamW Create(VisionNetwork network, double learningRate, double weightDecay)
    {
        var groups = network.named_parameters().ToLookup(p => network.Architecture.IsDecayed(p.name, (int)p.parameter.dim()), p => p.parameter);
        return optim.AdamW(
            [
                new AdamW.ParamGroup(groups[true], learningRate, weight_decay: weightDecay),
                new AdamW.ParamGroup(groups[false], learningRate, weight_decay: 0),
            ],
            learningRate);
    }
}
