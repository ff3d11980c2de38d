using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Networks.ConTNet;
using Microsoft.ML.Conformer.Networks.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer;

/// <summary>
/// ConTNet: blocks of two transformer encoders, which attend inside of windows, and a convolution.
/// Yan et al., "ConTNet: Why not use convolution and transformer at the same time?", 2021 (https://arxiv.org/abs/2104.13497). The state
/// dict has the official names, so that published checkpoints load by name.
/// </summary>
/// <remarks>
/// Shapes: N images, [H, W] the size of a feature map (a quarter of the image's in the first stage), c its channels, P the side of a
/// window, whose P² pixels are a sequence, C classes.
/// </remarks>
public sealed class ConTNetNetwork : VisionNetwork
{
    private readonly Stem layer0;
    private readonly List<(ConTNetBlock Shape, ConTBlock Module)> _blocks = []; // layer1.ConTBlock0 ...
    private readonly Linear? fc;
    private readonly double _lastDrop;
    private readonly DropRandom _random;

    /// <summary>Builds the network on the CPU with random weights.</summary>
    /// <param name="architecture">The network's shape.</param>
    /// <param name="dropPath">
    /// Stochastic depth (Huang et al., 2016): the chance, 0-1, with which a sample skips the last encoder's attention and MLP while
    /// training; it grows linearly from 0 at the first encoder. Default 0; the paper has none.
    /// </param>
    /// <param name="seed">Seeds the initial weights and what is dropped; the same seed gives the same network. Default 0.</param>
    /// <exception cref="ArgumentException">The architecture cannot be built; the message lists every fault.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded; the message says why and what to do.</exception>
    public ConTNetNetwork(ConTNetArchitecture architecture, double dropPath = 0, long seed = 0)
        : this(architecture, dropPath, seed, hasHeads: true)
    {
    }

    /// <param name="architecture">As above, and the others too.</param>
    /// <param name="dropPath">Stochastic depth.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="hasHeads">Whether it classifies; otherwise it gives feature maps alone.</param>
    internal ConTNetNetwork(ConTNetArchitecture architecture, double dropPath, long seed, bool hasHeads) : base(architecture, "ConTNet")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dropPath);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dropPath, 1);
        using var scope = NewDisposeScope(); // layers leave temporaries behind, and detach their own parameters only
        var a = architecture;
        (_lastDrop, _random) = (a.LastDropRate, new DropRandom(seed));
        layer0 = new Stem(a);
        if (hasHeads)
            fc = Linear(a.Heads[0].Width, a.NumClasses);
        var shapes = a.Blocks().ToList();
        var lastEncoder = 2.0 * shapes.Count - 1;
        register_module(nameof(layer0), layer0);
        foreach (var stage in shapes.GroupBy(shape => shape.Name.Split('.')[0]))
        {
            var blocks = new ModuleGroup();
            foreach (var shape in stage)
            {
                double DropPathOf(int encoder) => dropPath * (2 * _blocks.Count + encoder) / lastEncoder;
                _blocks.Add((shape, new ConTBlock(a, shape, DropPathOf(0), DropPathOf(1), _random)));
                blocks.register_module(shape.Name.Split('.')[1], _blocks[^1].Module);
            }
            register_module(stage.Key, blocks);
        }
        if (fc is not null)
            register_module(nameof(fc), fc);
        Initialization.Initialize(
            this,
            named_parameters().Where(entry => entry.name.EndsWith(ConTNetLayout.BiasTable, StringComparison.Ordinal))
                .Select(entry => entry.parameter),
            seed);
    }

    internal override NetworkFeatures ForwardFeatures(Tensor images)
    {
        var map = layer0.call(images);
        var maps = new Dictionary<int, Tensor>();
        foreach (var (shape, block) in _blocks)
        {
            (map, var encoded) = block.call(map);
            if (shape.IsLast)
                map = Drop(map);
            if (shape.EndsStage)
                maps[shape.StageIndex + 2] = shape.IsLast ? map : encoded;
        }
        return new NetworkFeatures(maps, [Embed(map)]);
    }

    internal override IReadOnlyList<Func<Tensor[], Tensor[]>> Parts =>
    [
        images => [layer0.call(images[0])],
        .. _blocks.Select<(ConTNetBlock, ConTBlock Module), Func<Tensor[], Tensor[]>>(block => maps => [block.Module.call(maps[0]).Map]),
        maps => [fc!.call(Embed(Drop(maps[0])))],
    ];

    internal override Tensor[] ForwardHeads(NetworkFeatures features) => [fc!.call(features.Embeddings[0])];

    internal override DropRandom Random => _random;

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _random.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Drop(Tensor map) => training ? _random.Drop(map, _lastDrop) : map;

    /// <summary>The mean of the last map, [N, c].</summary>
    private static Tensor Embed(Tensor map) => functional.adaptive_avg_pool2d(map, 1).flatten(1);
}

/// <summary>A convolution of stride 2, or three as ResNet-C's, and max pooling: images [N, 3, 4 H, 4 W] to [N, c, H, W].</summary>
internal sealed class Stem : Module<Tensor, Tensor>
{
    private readonly List<ConvLayer> _layers = [];
    private readonly bool _isDeep;

    public Stem(ConTNetArchitecture a) : base(nameof(Stem))
    {
        _isDeep = a.DeepStem;
        if (_isDeep)
            foreach (var (_, _, inChannels, outChannels) in ConTNetLayout.DeepStem(a))
                _layers.Add(new ConvLayer(inChannels, outChannels, kernel: 3, stride: _layers.Count == 0 ? 2 : 1, hasNorm: true));
        else
            _layers.Add(new ConvLayer(a.InputChannels, a.StemWidth, kernel: 7, stride: 2));
        foreach (var (index, layer) in _layers.Index())
            register_module(_isDeep ? $"conv_bn{index + 1}" : "conv", layer);
    }

    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var map = images;
        foreach (var layer in _layers)
            map = _isDeep ? functional.relu(layer.call(map), inplace: true) : layer.call(map);
        return functional.max_pool2d(map, 3L, stride: 2L, padding: 1L).MoveToOuterDisposeScope();
    }
}

/// <summary>Averages 2x2 pixels before a 1x1 convolution.</summary>
internal sealed class PooledConvLayer : Module<Tensor, Tensor>
{
    private readonly ConvLayer conv;

    public PooledConvLayer(int inChannels, int outChannels) : base(nameof(PooledConvLayer))
    {
        conv = new ConvLayer(inChannels, outChannels, kernel: 1, stride: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return conv.call(functional.avg_pool2d(x, 2L)).MoveToOuterDisposeScope();
    }
}

/// <summary>A transformer encoder, each sequence of which is the P² pixels of a window of the map, row by row.</summary>
internal sealed class WindowEncoder : TransformerBlock
{
    private readonly int _window;
    private readonly ModuleGroup? pe; // "0" and "1", the rows' [1, P, 1, c / 2] and the columns' [1, 1, P, c / 2]

    public WindowEncoder(ConTNetArchitecture a, ConTNetBlock block, int window, double dropPath, DropRandom random) : base(
        block.InChannels,
        new Attention(
            block.InChannels, block.Stage.NumHeads, a.QkvBias, scale: null, attentionDrop: 0, block.Stage.DropRate, random,
            a.RelativePositions ? window : null),
        new Mlp(block.InChannels, block.Stage.MlpWidth, block.Stage.DropRate, random),
        epsilon: 1e-5, a.PreNorm, dropPath, random)
    {
        _window = window;
        if (a.RelativePositions)
            return;
        long half = block.InChannels / 2;
        pe = new ModuleGroup();
        foreach (var (name, shape) in new (string, long[])[] { ("0", [1, window, 1, half]), ("1", [1, 1, window, half]) })
        {
            var position = Parameter(zeros(shape));
            position.DetachFromDisposeScope();
            pe.register_parameter(name, position);
        }
        RegisterComponents();
    }

    /// <summary>map: [N, c, H, W], channels-last, of whole windows. Returns the same shape.</summary>
    public override Tensor forward(Tensor map)
    {
        using var scope = NewDisposeScope();
        var (n, c, rows, columns) = (map.shape[0], map.shape[1], map.shape[2] / _window, map.shape[3] / _window);
        var tokens = map.permute(0, 2, 3, 1).reshape(n, rows, _window, columns, _window, c).permute(0, 1, 3, 2, 4, 5)
            .reshape(-1, _window * _window, c);
        if (pe is not null)
        {
            var positions = cat([.. pe.parameters().Select(half => half.expand(1, _window, _window, -1))], 3).flatten(0, 2);
            tokens = tokens.Plus(positions.to(tokens.dtype));
        }
        return Encode(tokens, n).reshape(n, rows, columns, _window, _window, c).permute(0, 1, 3, 2, 4, 5)
            .reshape(n, map.shape[2], map.shape[3], c).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Norm, ReLU, two encoders and a convolution. The shortcut goes around all of it, or, at the end of a stage, begins after the ReLU.
/// </summary>
internal sealed class ConTBlock : Module<Tensor, (Tensor Map, Tensor Encoded)>
{
    private readonly Module<Tensor, Tensor>? downsample;
    private readonly BatchNorm2d bn;
    private readonly WindowEncoder ste1, ste2;
    private readonly ConvLayer out_conv;

    public ConTBlock(ConTNetArchitecture a, ConTNetBlock shape, double firstDropPath, double secondDropPath, DropRandom random)
        : base(nameof(ConTBlock))
    {
        if (shape.EndsStage)
            downsample = a.AverageDown && !shape.IsLast
                ? new PooledConvLayer(shape.InChannels, shape.OutChannels)
                : new ConvLayer(shape.InChannels, shape.OutChannels, kernel: 1, shape.Stride);
        bn = BatchNorm2d(shape.InChannels);
        ste1 = new WindowEncoder(a, shape, shape.Stage.FirstWindow, firstDropPath, random);
        ste2 = new WindowEncoder(a, shape, shape.Stage.SecondWindow, secondDropPath, random);
        out_conv = new ConvLayer(shape.InChannels, shape.OutChannels, shape.Kernel, shape.Stride);
        RegisterComponents();
    }

    /// <summary>x: [N, in, H, W]. Returns the map [N, out, H', W'], and what the convolution takes, [N, in, H, W].</summary>
    public override (Tensor Map, Tensor Encoded) forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var activated = functional.relu(Normalization.Call(bn, x), inplace: true);
        var encoded = ste2.call(ste1.call(activated));
        return scope.MoveToOuter(out_conv.call(encoded).Add(downsample is null ? x : downsample.call(activated)), encoded);
    }
}
