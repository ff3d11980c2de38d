using Microsoft.ML.Conformer.Networks.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Networks;

/// <summary>
/// A network as training sees it: images in, tensors out. Parameters that need no gradient when training begins are never trained; what
/// is to stay in evaluation mode all the same keeps it by an override of <see cref="nn.Module.train"/>.
/// </summary>
internal interface ITrainableNetwork
{
    /// <summary>The network itself, from images [N, 3, H, W], channels-last.</summary>
    Module<Tensor, Tensor[]> Module { get; }

    /// <summary>
    /// The network as functions to call one after the other, from the images to what it gives, each on what the one before gave. Parts
    /// keep what they compute for the backward pass, or are computed again (gradient checkpointing).
    /// </summary>
    IReadOnlyList<Func<Tensor[], Tensor[]>> Parts { get; }

    /// <summary>Draws what is drawn in training; null where nothing ever is.</summary>
    DropRandom? Random { get; }

    /// <summary>
    /// Layers that are trained alike, from the images to the heads, which are in the last one: learning rates fall from layer to layer,
    /// and layers are frozen from the images on.
    /// </summary>
    int LayerCount { get; }

    /// <summary>The layer, from 0, of a tensor by its name in the state dict.</summary>
    int LayerOf(string tensor);

    /// <summary>Whether a tensor of the state dict is a head's: what is learned anew for other data.</summary>
    bool IsHead(string tensor);

    /// <summary>Whether weight decay applies to a parameter, by its name in the state dict and its number of dimensions.</summary>
    bool IsDecayed(string tensor, int dimensions);
}
