using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer;

/// <summary>
/// Conformer: a convolution branch and a transformer branch, coupled block by block by feature coupling units.
/// Peng et al., "Conformer: Local Features Coupling Global Representations for Visual Recognition", ICCV 2021
/// (https://arxiv.org/abs/2105.03889). The state dict has the official names, so that published checkpoints load by name.
/// </summary>
/// <remarks>
/// Shapes: N images, [H, W] the size of the stem's output (a quarter of the image's), E the embedding width, K the number of patches,
/// T = 1 + K tokens with the class token first, C classes.
/// </remarks>
public sealed class ConformerNetwork : VisionNetwork
{
    // Fields of modules have the official names: TorchSharp builds the state dict's keys from them.
    private readonly Parameter cls_token;
    private readonly Parameter? pos_embed;
    private readonly LayerNorm? trans_norm;
    private readonly Linear? trans_cls_head, conv_cls_head;
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly ConvBlock conv_1;
    private readonly Conv2d trans_patch_conv;
    private readonly TransformerBlock trans_1;
    private readonly List<ConvTransBlock> _blocks = []; // conv_trans_2 ... conv_trans_depth
    private readonly ConformerArchitecture _architecture;
    private readonly DropRandom _random;

    /// <summary>Builds the network on the CPU with the official initialization.</summary>
    /// <param name="architecture">The network's shape.</param>
    /// <param name="dropPath">
    /// Stochastic depth (Huang et al., 2016): the chance, 0-1, with which a sample skips the last transformer block's attention and MLP
    /// while training; it grows linearly from 0 at the first block. Default 0.
    /// </param>
    /// <param name="seed">Seeds the initial weights and the stochastic depth; the same seed gives the same network. Default 0.</param>
    /// <param name="zeroInitialResidual">
    /// Whether the last norm of each bottleneck has the weight 0, so that it passes on what it gets at first (Goyal et al., 2017), as in
    /// mmpretrain. Default false.
    /// </param>
    /// <exception cref="ArgumentException">The architecture cannot be built; the message lists every fault.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded; the message says why and what to do.</exception>
    public ConformerNetwork(ConformerArchitecture architecture, double dropPath = 0, long seed = 0, bool zeroInitialResidual = false)
        : this(architecture, dropPath, seed, zeroInitialResidual, hasHeads: true)
    {
    }

    /// <param name="architecture">As above, and the others too.</param>
    /// <param name="dropPath">Stochastic depth.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="zeroInitialResidual">Whether bottlenecks pass on what they get at first.</param>
    /// <param name="hasHeads">Whether it classifies; otherwise it gives feature maps alone.</param>
    internal ConformerNetwork(ConformerArchitecture architecture, double dropPath, long seed, bool zeroInitialResidual, bool hasHeads)
        : base(architecture, "Conformer")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dropPath);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dropPath, 1);
        using var scope = NewDisposeScope(); // layers leave temporaries behind, and detach their own parameters only
        var a = _architecture = architecture;
        _random = new DropRandom(seed);
        double DropPathOf(int block) => dropPath * (block - 1) / (a.Depth - 1);

        cls_token = Parameter(zeros(1, 1, a.EmbedDim));
        if (a.PositionEmbeddingImageSize is { } size)
            pos_embed = Parameter(zeros(1, 1 + a.TokensPerSide(size) * a.TokensPerSide(size), a.EmbedDim));
        cls_token.DetachFromDisposeScope();
        pos_embed?.DetachFromDisposeScope();
        if (hasHeads)
        {
            trans_norm = LayerNorm(a.EmbedDim, eps: 1e-5);
            conv_cls_head = Linear(a.Heads[0].Width, a.NumClasses);
            trans_cls_head = Linear(a.Heads[1].Width, a.NumClasses);
        }

        const int stem = ConformerArchitecture.StemChannels;
        conv1 = Conv2d(a.InputChannels, stem, 7L, stride: 2, padding: 3, bias: false);
        bn1 = BatchNorm2d(stem, eps: 1e-5);
        conv_1 = new ConvBlock(stem, a.StageChannels(1), projectShortcut: true);
        trans_patch_conv = Conv2d(stem, a.EmbedDim, (long)a.TokenStride(1), stride: a.TokenStride(1));
        trans_1 = TransformerBlock(a, DropPathOf(1), _random);
        RegisterComponents();
        foreach (var shape in a.CouplingBlocks())
        {
            var block = new ConvTransBlock(a, shape, DropPathOf(shape.Index), _random);
            register_module(shape.Name, block);
            _blocks.Add(block);
        }
        Initialization.Initialize(this, named_parameters(recurse: false).Select(entry => entry.parameter), seed);
        if (!zeroInitialResidual)
            return;
        using var noGrad = no_grad();
        foreach (var block in modules().OfType<ConvBlock>())
            block.LastNormWeight.zero_();
    }

    internal override NetworkFeatures ForwardFeatures(Tensor images)
    {
        var (map, tokens) = Begin(images);
        var maps = new Dictionary<int, Tensor>();
        for (var block = 1; block <= _architecture.Depth; block++)
        {
            if (block > 1)
                (map, tokens) = _blocks[block - 2].call(map, tokens);
            foreach (var level in _architecture.FeatureLevels.Where(level => _architecture.BlockOf(level) == block))
                maps[level] = map;
        }
        return new NetworkFeatures(maps, Embed(map, tokens));
    }

    internal override IReadOnlyList<Func<Tensor[], Tensor[]>> Parts =>
    [
        images => Pair(Begin(images[0])),
        .. _blocks.Select<ConvTransBlock, Func<Tensor[], Tensor[]>>(block => values => Pair(block.call(values[0], values[1]))),
        values => ForwardHeads(new NetworkFeatures(new Dictionary<int, Tensor>(), Embed(values[0], values[1]))),
    ];

    private static Tensor[] Pair((Tensor Map, Tensor Tokens) values) => [values.Map, values.Tokens];

    /// <summary>
    /// Stem and first block. Heights and widths that the patch grid does not divide are padded with zeros after the stem, as mmpretrain
    /// does.
    /// </summary>
    private (Tensor Map, Tensor Tokens) Begin(Tensor images)
    {
        using var scope = NewDisposeScope();
        var stem = functional.relu(Normalization.Call(bn1, conv1.call(images)), inplace: true);
        stem = PadToPatches(functional.max_pool2d(stem, 3L, stride: 2L, padding: 1L)); // [N, 64, H, W]

        var (map, _) = conv_1.call(stem, null);
        var patches = trans_patch_conv.call(stem).flatten(2).transpose(1, 2); // [N, K, E]
        var tokens = cat([cls_token.expand(images.shape[0], -1, -1), patches], 1); // [N, T, E]
        if (pos_embed is not null)
            tokens = tokens.Plus(pos_embed);
        return scope.MoveToOuter(map, trans_1.call(tokens));
    }

    /// <summary>What the heads take: the pooled map, [N, 256 x channel ratio], and the class token, [N, E].</summary>
    private Tensor[] Embed(Tensor map, Tensor tokens) => trans_norm is null ? [] :
        [functional.adaptive_avg_pool2d(map, 1).flatten(1), trans_norm.call(tokens).select(1, 0)];

    internal override Tensor[] ForwardHeads(NetworkFeatures features) =>
        [conv_cls_head!.call(features.Embeddings[0]), trans_cls_head!.call(features.Embeddings[1])];

    internal override DropRandom Random => _random;

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _random.Dispose();
        base.Dispose(disposing);
    }

    private Tensor PadToPatches(Tensor stem)
    {
        var grid = _architecture.TokenStride(1);
        var (bottom, right) = ((grid - stem.shape[2] % grid) % grid, (grid - stem.shape[3] % grid) % grid);
        return bottom + right == 0 ? stem : functional.pad(stem, (0, right, 0, bottom), PaddingModes.Constant);
    }

    internal static TransformerBlock TransformerBlock(ConformerArchitecture a, double dropPath, DropRandom random) => new(
        a.EmbedDim,
        new Attention(a.EmbedDim, a.NumHeads, a.QkvBias, a.QkScale, a.AttentionDropRate, a.DropRate, random),
        new Mlp(a.EmbedDim, a.MlpHidden, a.DropRate, random), epsilon: 1e-6, preNorm: true, dropPath, random);
}

/// <summary>Bottleneck 1x1 - 3x3 - 1x1 with a shortcut; the 3x3 takes the transformer's feature map where there is one.</summary>
internal sealed class ConvBlock : Module<Tensor, Tensor?, (Tensor Output, Tensor Middle)>
{
    private readonly Conv2d conv1, conv2, conv3;
    private readonly BatchNorm2d bn1, bn2, bn3;
    private readonly Conv2d? residual_conv;
    private readonly BatchNorm2d? residual_bn;
    private readonly int _stride;

    public ConvBlock(int inChannels, int outChannels, int stride = 1, bool projectShortcut = false) : base(nameof(ConvBlock))
    {
        _stride = stride;
        var middle = outChannels / ConformerArchitecture.BottleneckExpansion;
        conv1 = Conv2d(inChannels, middle, 1L, bias: false);
        bn1 = BatchNorm2d(middle, eps: 1e-6);
        conv2 = Conv2d(middle, middle, 3L, stride: stride, padding: 1, bias: false);
        bn2 = BatchNorm2d(middle, eps: 1e-6);
        conv3 = Conv2d(middle, outChannels, 1L, bias: false);
        bn3 = BatchNorm2d(outChannels, eps: 1e-6);
        if (projectShortcut)
        {
            residual_conv = Conv2d(inChannels, outChannels, 1L, bias: false);
            residual_bn = BatchNorm2d(outChannels, eps: 1e-6);
        }
        RegisterComponents();
    }

    internal Tensor LastNormWeight => bn3.weight!;

    /// <summary>x: [N, in, H, W]; tokenMap: null or [N, out / 4, H, W]. Output [N, out, H', W'], Middle [N, out / 4, H', W'].</summary>
    public override (Tensor Output, Tensor Middle) forward(Tensor x, Tensor? tokenMap)
    {
        using var scope = NewDisposeScope();
        var inner = functional.relu(Normalization.Call(bn1, Pointwise.Call(conv1, x)), inplace: true);
        var middle = functional.relu(Normalization.Call(bn2, conv2.call(tokenMap is null ? inner : inner.Plus(tokenMap))), inplace: true);
        var shortcut = residual_conv is null ? x : Normalization.Call(residual_bn!, Pointwise.Call(residual_conv, x, _stride));
        var output = functional.relu(Normalization.Call(bn3, Pointwise.Call(conv3, middle)).Add(shortcut), inplace: true);
        return scope.MoveToOuter(output, middle);
    }
}

/// <summary>Feature coupling unit, feature map to tokens: 1x1 projection, sampling to the patch grid, LayerNorm, GELU.</summary>
internal sealed class FcuDown : Module<Tensor, Tensor, Tensor>
{
    private readonly int _stride;
    private readonly DownSampling _sampling;
    private readonly Conv2d conv_project;
    private readonly Conv2d? sample_pooling;
    private readonly LayerNorm ln;

    public FcuDown(int inChannels, int embedDim, int stride, DownSampling sampling) : base(nameof(FcuDown))
    {
        (_stride, _sampling) = (stride, sampling);
        conv_project = Conv2d(inChannels, embedDim, 1L);
        if (sampling == DownSampling.Convolution)
            sample_pooling = Conv2d(embedDim, embedDim, (long)stride, stride: stride);
        ln = LayerNorm(embedDim, eps: 1e-6);
        RegisterComponents();
    }

    /// <summary>map: [N, in, H, W]; tokens: [N, T, E], of which the class token is taken over. Returns [N, T, E].</summary>
    public override Tensor forward(Tensor map, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        // The mean of projections is the projection of the mean, which is a fraction of the work and of the memory.
        if (_stride > 1 && _sampling == DownSampling.Average)
            map = functional.avg_pool2d(map, _stride, stride: _stride);
        var projected = Pointwise.Call(conv_project, map);
        if (sample_pooling is not null)
            projected = _stride == 1 ? Pointwise.Call(sample_pooling, projected) : sample_pooling.call(projected);
        else if (_stride > 1 && _sampling == DownSampling.Maximum)
            projected = functional.max_pool2d(projected, _stride, stride: _stride);
        var patches = functional.gelu(ln.call(projected.flatten(2).transpose(1, 2))); // [N, K, E]
        return cat([tokens.narrow(1, 0, 1), patches], 1).MoveToOuterDisposeScope();
    }
}

/// <summary>Feature coupling unit, tokens to feature map: 1x1 projection, BatchNorm, ReLU, nearest up-sampling.</summary>
internal sealed class FcuUp : Module<Tensor, (long Height, long Width), Tensor>
{
    private readonly int _stride;
    private readonly Conv2d conv_project;
    private readonly BatchNorm2d bn;

    public FcuUp(int embedDim, int outChannels, int stride) : base(nameof(FcuUp))
    {
        _stride = stride;
        conv_project = Conv2d(embedDim, outChannels, 1L);
        bn = BatchNorm2d(outChannels, eps: 1e-6);
        RegisterComponents();
    }

    /// <summary>tokens: [N, T, E]; grid: height x width patches = K. Returns [N, out, height x stride, width x stride].</summary>
    public override Tensor forward(Tensor tokens, (long Height, long Width) grid)
    {
        using var scope = NewDisposeScope();
        var patches = tokens.narrow(1, 1, grid.Height * grid.Width).transpose(1, 2); // [N, E, K]
        var map = patches.reshape(tokens.shape[0], tokens.shape[2], grid.Height, grid.Width);
        map = functional.relu(Normalization.Call(bn, Pointwise.Call(conv_project, map)), inplace: true);
        if (_stride > 1)
            map = functional.interpolate(map, size: [grid.Height * _stride, grid.Width * _stride]);
        return map.MoveToOuterDisposeScope();
    }
}

/// <summary>One coupling block: a convolution block and a transformer block that exchange what they see.</summary>
internal sealed class ConvTransBlock : Module<Tensor, Tensor, (Tensor Map, Tensor Tokens)>
{
    private readonly int _tokenStride;
    private readonly ConvBlock cnn_block, fusion_block;
    private readonly ModuleList<ConvBlock>? med_block;
    private readonly FcuDown squeeze_block;
    private readonly FcuUp expand_block;
    private readonly TransformerBlock trans_block;

    public ConvTransBlock(ConformerArchitecture a, CouplingBlock shape, double dropPath, DropRandom random) : base(nameof(ConvTransBlock))
    {
        var (outer, inner) = (shape.OutChannels, shape.OutChannels / ConformerArchitecture.BottleneckExpansion);
        _tokenStride = shape.TokenStride;
        cnn_block = new ConvBlock(shape.InChannels, outer, shape.Stride, shape.ProjectsShortcut);
        fusion_block = new ConvBlock(outer, outer, stride: shape.IsLast ? 2 : 1, projectShortcut: shape.IsLast);
        if (a.BottlenecksPerBlock > 0)
            med_block = new ModuleList<ConvBlock>([.. Enumerable.Range(0, a.BottlenecksPerBlock).Select(_ => new ConvBlock(outer, outer))]);
        squeeze_block = new FcuDown(inner, a.EmbedDim, shape.TokenStride, a.DownSampling);
        expand_block = new FcuUp(a.EmbedDim, inner, shape.TokenStride);
        trans_block = ConformerNetwork.TransformerBlock(a, dropPath, random);
        RegisterComponents();
    }

    /// <summary>map: [N, in, H, W], tokens: [N, T, E]. Returns the map [N, out, H', W'] and the tokens.</summary>
    public override (Tensor Map, Tensor Tokens) forward(Tensor map, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (wide, middle) = cnn_block.call(map, null);
        // The down unit hands the class token through, and it is added to itself here: it doubles in every block. The published
        // weights were trained so.
        tokens = trans_block.call(squeeze_block.call(middle, tokens).Plus(tokens));
        if (med_block is not null)
            foreach (var bottleneck in med_block)
                (wide, _) = bottleneck.call(wide, null);
        var tokenMap = expand_block.call(tokens, (middle.shape[2] / _tokenStride, middle.shape[3] / _tokenStride));
        return scope.MoveToOuter(fusion_block.call(wide, tokenMap).Output, tokens);
    }
}
