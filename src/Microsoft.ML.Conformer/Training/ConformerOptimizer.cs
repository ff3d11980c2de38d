using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>AdamW (Loshchilov and Hutter, 2019) with the official groups.</summary>
internal static class ConformerOptimizer
{
    /// <summary>Built after the network has its device: moving a network replaces its parameters.</summary>
    public static AdamW Create(ConformerNetwork network, double learningRate, double weightDecay)
    {
        var groups = network.named_parameters().ToLookup(p => IsDecayed(p.name, p.parameter), p => p.parameter);
        return optim.AdamW(
            [
                new AdamW.ParamGroup(groups[true], learningRate, weight_decay: weightDecay),
                new AdamW.ParamGroup(groups[false], learningRate, weight_decay: 0),
            ],
            learningRate);
    }

    /// <summary>Norms, biases and the class token (and position embedding) are not decayed.</summary>
    internal static bool IsDecayed(string name, Tensor parameter) =>
        parameter.dim() > 1 && !name.EndsWith(".bias", StringComparison.Ordinal) && name is not ("cls_token" or "pos_embed");
}
