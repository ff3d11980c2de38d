using Microsoft.ML.Conformer.Networks.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// A backbone, a feature pyramid and the heads of a detector. The state dict has mmdetection's names, so that published checkpoints load
/// by name.
/// </summary>
internal sealed class DetectionNetwork : Module<Tensor, Tensor[]>, ITrainableNetwork
{
    private readonly VisionNetwork backbone;
    private readonly FeaturePyramid neck;
    private readonly AnchorHead? rpn_head, bbox_head;
    private readonly RegionHeads? roi_head;
    private readonly bool _isPretrained;

    /// <summary>
    /// Builds the network on the CPU.
    /// </summary>
    /// <param name="architecture">Has no faults.</param>
    /// <param name="seed">The same seed gives the same network. Default 0.</param>
    /// <param name="isPretrained">
    /// Whether the backbone has learned before (default): then the stem is frozen, and in training its BatchNorms keep their statistics,
    /// as published. Chance's would be worth nothing.
    /// </param>
    public DetectionNetwork(DetectorArchitecture architecture, long seed = 0, bool isPretrained = true)
        : base(VisionNetwork.NameOnceLoaded(nameof(DetectionNetwork)))
    {
        (Architecture, _isPretrained) = (architecture, isPretrained);
        using var scope = NewDisposeScope(); // layers leave temporaries behind
        backbone = BackboneNetwork.Create(architecture.Backbone, seed);
        neck = new FeaturePyramid(architecture);
        if (architecture.IsTwoStage)
            (rpn_head, roi_head) = (new ProposalHead(architecture), new RegionHeads(architecture));
        else
            bbox_head = new RetinaHead(architecture);
        RegisterComponents();
        DetectorInitialization.Initialize(this, seed);
        foreach (var (name, parameter) in backbone.named_parameters())
            if (isPretrained && IsOfStem(name))
                parameter.requires_grad = false;
        train(true);
    }

    public DetectorArchitecture Architecture { get; }

    public RegionHeads Regions => roi_head!;

    /// <summary>What anchors are judged by.</summary>
    private AnchorHead Anchors => rpn_head ?? bbox_head!;

    /// <summary>
    /// images: [N, 3, H, W], normalized, the sides multiples of 32. Returns, for the pyramid's five levels, the maps, [N, channels, H, W],
    /// then the anchors' scores, then their corrections: see <see cref="AnchorOutputs"/>.
    /// </summary>
    public override Tensor[] forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var maps = backbone.ForwardFeatures(ChannelsLast.Of(images)).Maps;
        var pyramid = neck.call([.. Architecture.BackboneLevels.Select(level => maps[level])]);
        var judged = pyramid.Select(Anchors.call).ToList();
        Tensor[] all = [.. pyramid, .. judged.Select(level => level.Scores), .. judged.Select(level => level.Deltas)];
        return [.. all.Select(tensor => tensor.MoveToOuterDisposeScope())];
    }

    /// <summary>The backbone's maps that the pyramid is built on, the finest first.</summary>
    public Tensor[] BackboneMaps(Tensor images)
    {
        var maps = backbone.ForwardFeatures(ChannelsLast.Of(images)).Maps;
        return [.. Architecture.BackboneLevels.Select(level => maps[level])];
    }

    /// <inheritdoc />
    public override void train(bool on = true)
    {
        base.train(on);
        foreach (var module in backbone.modules())
            if (_isPretrained && module is BatchNorm2d)
                module.eval();
    }

    Module<Tensor, Tensor[]> ITrainableNetwork.Module => this;

    IReadOnlyList<Func<Tensor[], Tensor[]>> ITrainableNetwork.Parts => [images => call(images[0])];

    DropRandom? ITrainableNetwork.Random => backbone.Random;

    int ITrainableNetwork.LayerCount => Architecture.Backbone.LayerCount;

    int ITrainableNetwork.LayerOf(string tensor) => BackboneLayout.LayerOf(Architecture.Backbone, tensor);

    bool ITrainableNetwork.IsHead(string tensor) => !BackboneLayout.Has(tensor);

    /// <summary>All are, as published.</summary>
    bool ITrainableNetwork.IsDecayed(string tensor, int dimensions) => true;

    /// <summary>Conv1 and bn1 of a Conformer; the stem of a ConTNet.</summary>
    private static bool IsOfStem(string name) => name.Split('.')[0] is "conv1" or "bn1" or "layer0";
}

/// <summary>What a network gives for the pyramid's levels, the finest first.</summary>
/// <param name="Maps">[N, channels, H, W].</param>
/// <param name="Scores">The anchors' logits, [N, A x classes, H, W]; of a proposal network there is one class.</param>
/// <param name="Deltas">Their corrections, [N, A x 4, H, W].</param>
internal sealed record AnchorOutputs(Tensor[] Maps, Tensor[] Scores, Tensor[] Deltas)
{
    public static AnchorOutputs Of(Tensor[] all)
    {
        var levels = all.Length / 3;
        return new(all[..levels], all[levels..^levels], all[^levels..]);
    }
}
