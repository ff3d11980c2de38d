using Microsoft.ML.Conformer.Networks.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer;

/// <summary>A network that classifies images: features first, then one or more heads whose summed logits give the scores.</summary>
public abstract class VisionNetwork : Module<Tensor, Tensor[]>, ITrainableNetwork
{
    private protected VisionNetwork(VisionArchitecture architecture, string name) : base(NameOnceLoaded(name))
    {
        ArgumentNullException.ThrowIfNull(architecture);
        if (architecture.Faults().ToList() is { Count: > 0 } faults)
            throw new ArgumentException($"No {name} has this architecture. " + string.Join(" ", faults), nameof(architecture));
        Architecture = architecture;
    }

    /// <summary>The shape this network was built with.</summary>
    public VisionArchitecture Architecture { get; }

    /// <summary>Each head's logits; the class scores are the softmax of their sum.</summary>
    /// <param name="images">
    /// Normalized images, [N, 3, height, width] (RGB); they are brought into channels-last memory if they are not.
    /// </param>
    /// <returns>For each head, in the architecture's order, [N, C].</returns>
    /// <exception cref="ArgumentException">The images have another shape, or a size that the network does not take.</exception>
    public override Tensor[] forward(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        CheckShape(images);
        // In the other layout libtorch 2.10 is slower on a CPU, and gradients of some of its convolutions are wrong.
        return ForwardHeads(ForwardFeatures(ChannelsLast.Of(images)));
    }

    /// <summary>What the network knows of images before it classifies.</summary>
    /// <inheritdoc cref="forward" path="/param"/>
    internal abstract NetworkFeatures ForwardFeatures(Tensor images);

    /// <summary>Each head's logits, [N, C], from the embeddings.</summary>
    internal abstract Tensor[] ForwardHeads(NetworkFeatures features);

    /// <summary>The logits of the scores, [N, C]: the heads' sum.</summary>
    internal static Tensor SumHeads(IReadOnlyList<Tensor> logits) => logits.Aggregate((sum, next) => sum.Plus(next));

    /// <summary>
    /// The layers with their output shapes, parameters and MACs for images of the given size in pixels; its text is a table.
    /// </summary>
    /// <exception cref="ArgumentException">The network does not take images of that size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public NetworkSummary Describe(int height = 224, int width = 224) => new(Architecture, height, width);

    /// <summary>The network in parts, from the images to the heads' logits; here it is a single one.</summary>
    internal virtual IReadOnlyList<Func<Tensor[], Tensor[]>> Parts => [images => call(images[0])];

    /// <summary>Draws what is dropped in training; null where nothing ever is.</summary>
    internal virtual DropRandom? Random => null;

    Module<Tensor, Tensor[]> ITrainableNetwork.Module => this;

    IReadOnlyList<Func<Tensor[], Tensor[]>> ITrainableNetwork.Parts => Parts;

    DropRandom? ITrainableNetwork.Random => Random;

    int ITrainableNetwork.LayerCount => Architecture.LayerCount;

    int ITrainableNetwork.LayerOf(string tensor) => Architecture.LayerOf(tensor);

    bool ITrainableNetwork.IsHead(string tensor) => Architecture.IsHead(tensor);

    bool ITrainableNetwork.IsDecayed(string tensor, int dimensions) => Architecture.IsDecayed(tensor, dimensions);

    /// <summary>The module's name. Loads libtorch first: the base class would do so before OpenMP is told how its threads wait.</summary>
    internal static string NameOnceLoaded(string name)
    {
        TorchRuntime.EnsureLoaded();
        return name;
    }

    private void CheckShape(Tensor images)
    {
        if (images.dim() != 4 || images.shape[1] != Architecture.InputChannels)
            throw new ArgumentException(
                $"The network takes images [N, {Architecture.InputChannels}, height, width]; got [{string.Join(", ", images.shape)}].",
                nameof(images));
        if (Architecture.SizeFault((int)images.shape[2], (int)images.shape[3]) is { } fault)
            throw new ArgumentException(fault, nameof(images));
    }
}

/// <summary>What a network knows of images before it classifies.</summary>
/// <param name="Maps">The feature maps that the architecture has, by level, each [N, channels, H, W].</param>
/// <param name="Embeddings">What each head takes, in the architecture's order, each [N, width].</param>
internal sealed record NetworkFeatures(IReadOnlyDictionary<int, Tensor> Maps, IReadOnlyList<Tensor> Embeddings);
