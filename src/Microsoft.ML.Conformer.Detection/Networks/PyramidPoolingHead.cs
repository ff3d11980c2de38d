using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// Pyramid pooling (Zhao et al., "Pyramid Scene Parsing Network", CVPR 2017): beside each place of a map, what the parts of the image that
/// it lies in look like on average, for coarser and finer parts.
/// </summary>
internal sealed class PyramidPoolingHead : Module<Tensor, Tensor>
{
    private readonly Conv2d conv_seg;
    private readonly ConvLayer bottleneck;
    private readonly List<(int Scale, ConvLayer Layer)> _branches = []; // psp_modules.0.1, psp_modules.1.1 ...
    private readonly double _drop;
    private readonly DropRandom _random;

    /// <param name="a">The shape.</param>
    /// <param name="inputs">Channels of the map.</param>
    /// <param name="drop">The chance with which each channel is dropped in training before pixels are classified.</param>
    /// <param name="random">Draws them.</param>
    public PyramidPoolingHead(SegmentationArchitecture a, int inputs, double drop, DropRandom random) : base(nameof(PyramidPoolingHead))
    {
        (_drop, _random) = (drop, random);
        conv_seg = Conv2d(a.Channels, a.NumClasses, 1L);
        var psp_modules = new ModuleList<ModuleGroup>();
        foreach (var scale in a.PoolScales)
        {
            var branch = new ModuleGroup();
            _branches.Add((scale, new ConvLayer(inputs, a.Channels, kernel: 1, stride: 1, hasNorm: true)));
            branch.register_module("1", _branches[^1].Layer); // 0 is the pooling, which has no weights
            psp_modules.Add(branch);
        }
        register_module(nameof(psp_modules), psp_modules);
        bottleneck = new ConvLayer(inputs + (a.PoolScales.Count * a.Channels), a.Channels, kernel: 3, stride: 1, hasNorm: true);
        RegisterComponents();
    }

    /// <summary>map: [N, inputs, H, W], channels-last. Returns logits, [N, C, H, W].</summary>
    /// <exception cref="ArgumentException">In training the batch is of one image.</exception>
    public override Tensor forward(Tensor map)
    {
        using var scope = NewDisposeScope();
        var size = new[] { map.shape[2], map.shape[3] };
        var branches = Branches(map).Select(
            branch => functional.interpolate(branch, size: size, mode: InterpolationMode.Bilinear, align_corners: false));
        var all = ChannelsLast.Of(cat([map, .. branches], 1));
        var x = functional.relu(bottleneck.call(all), inplace: true);
        return Pointwise.Call(conv_seg, training ? _random.DropChannels(x, _drop) : x).MoveToOuterDisposeScope();
    }

    /// <summary>What the branches give, before they get the map's size: [N, channels, s, s] for each of the scales.</summary>
    internal IEnumerable<Tensor> Branches(Tensor map) => _branches.Select(branch =>
    {
        if (training && map.shape[0] * branch.Scale * branch.Scale == 1)
            throw new ArgumentException(
                "A network for segmentation cannot be trained with a batch of one image: its head averages the whole image to one value " +
                "per channel, and BatchNorm needs two. Take batches of at least 2 images.");
        using var scope = NewDisposeScope();
        var pooled = ChannelsLast.Of(functional.adaptive_avg_pool2d(map, branch.Scale));
        return functional.relu(branch.Layer.call(pooled), inplace: true).MoveToOuterDisposeScope();
    });
}
