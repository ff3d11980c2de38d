using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Transfer;

/// <summary>
/// The heads of a network, in their place in it: trained on the network's features instead of images. The network owns them;
/// disposing this leaves them to it.
/// </summary>
internal sealed class FeatureNetwork : VisionNetwork
{
    private readonly VisionNetwork _network;

    public FeatureNetwork(VisionNetwork network) : base(network.Architecture, "heads")
    {
        _network = network;
        var modules = network.named_modules().ToDictionary(entry => entry.name, entry => entry.module);
        foreach (var head in network.Architecture.Heads)
            register_module(head.Layer, modules[head.Layer]);
    }

    /// <param name="images">What all heads take of N images, side by side, [N, L].</param>
    public override Tensor[] forward(Tensor images) => ForwardHeads(ForwardFeatures(images));

    internal override NetworkFeatures ForwardFeatures(Tensor images) =>
        new(new Dictionary<int, Tensor>(), images.split([.. Architecture.Heads.Select(head => (long)head.Width)], 1));

    internal override Tensor[] ForwardHeads(NetworkFeatures features) => _network.ForwardHeads(features);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            foreach (var head in Architecture.Heads)
                register_module(head.Layer, null!); // none of this module's any more, which would dispose of it
        base.Dispose(disposing);
    }
}
