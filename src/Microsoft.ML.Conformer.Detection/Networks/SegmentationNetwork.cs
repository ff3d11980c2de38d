using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Networks;

/// <summary>
/// A backbone and a pyramid pooling head, which give each pixel a class. The state dict has mmsegmentation's names. All is trained, the
/// backbone's BatchNorms too.
/// </summary>
internal sealed class SegmentationNetwork : Module<Tensor, Tensor[]>, ITrainableNetwork
{
    /// <summary>mmsegmentation's, for both heads.</summary>
    public const double DefaultDrop = 0.1;

    private const double ClassifierDeviation = 0.01;

    private readonly VisionNetwork backbone;
    private readonly PyramidPoolingHead decode_head;
    private readonly AuxiliaryHead? auxiliary_head;

    /// <summary>Builds the network on the CPU.</summary>
    /// <param name="architecture">Has no faults.</param>
    /// <param name="drop">
    /// The chance, 0-1, with which a head drops each channel in training before pixels are classified. Default 0.1.
    /// </param>
    /// <param name="seed">The same seed gives the same network, and drops the same. Default 0.</param>
    public SegmentationNetwork(SegmentationArchitecture architecture, double drop = DefaultDrop, long seed = 0)
        : base(VisionNetwork.NameOnceLoaded(nameof(SegmentationNetwork)))
    {
        Architecture = architecture;
        Random = new DropRandom(seed);
        using var scope = NewDisposeScope(); // layers leave temporaries behind
        int Channels(int level) => architecture.Backbone.MapChannels(level);
        backbone = BackboneNetwork.Create(architecture.Backbone, seed);
        decode_head = new PyramidPoolingHead(architecture, Channels(SegmentationArchitecture.HeadLevel), drop, Random);
        if (architecture.HasAuxiliaryHead)
            auxiliary_head = new AuxiliaryHead(architecture, Channels(SegmentationArchitecture.AuxiliaryLevel), drop, Random);
        RegisterComponents();
        Initialize(decode_head, seed);
        if (auxiliary_head is not null)
            Initialize(auxiliary_head, seed);
        train(true);
    }

    public SegmentationArchitecture Architecture { get; }

    /// <summary>Draws what is dropped in training.</summary>
    public DropRandom Random { get; }

    /// <summary>
    /// images: [N, 3, H, W], normalized, of any size. Returns the logits, [N, C, h, w], 1/32 of the padded images, and in training those of
    /// the auxiliary head, if there is one, 1/16 of them.
    /// </summary>
    /// <exception cref="ArgumentException">In training the batch is of one image.</exception>
    public override Tensor[] forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var maps = backbone.ForwardFeatures(ChannelsLast.Of(Padded(images))).Maps;
        var logits = decode_head.call(maps[SegmentationArchitecture.HeadLevel]).MoveToOuterDisposeScope();
        return training && auxiliary_head is not null
            ? [logits, auxiliary_head.call(maps[SegmentationArchitecture.AuxiliaryLevel]).MoveToOuterDisposeScope()]
            : [logits];
    }

    /// <summary>The class of each pixel, int64 [N, H, W], of images [N, 3, H, W].</summary>
    public Tensor Segment(Tensor images)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (logits, size) = (call(images)[0], SizeOf(images));
        // Image by image: at the images' size the logits of many classes are large.
        return cat([.. Enumerable.Range(0, (int)images.shape[0]).Select(image => Classes(logits.narrow(0, image, 1)))], 0)
            .MoveToOuterDisposeScope();

        Tensor Classes(Tensor one)
        {
            using var own = NewDisposeScope();
            return PixelLogits.Of(one, size, Architecture.SizeDivisor).argmax(1).MoveToOuterDisposeScope();
        }
    }

    Module<Tensor, Tensor[]> ITrainableNetwork.Module => this;

    IReadOnlyList<Func<Tensor[], Tensor[]>> ITrainableNetwork.Parts => [images => call(images[0])];

    int ITrainableNetwork.LayerCount => Architecture.Backbone.LayerCount;

    int ITrainableNetwork.LayerOf(string tensor) => BackboneLayout.LayerOf(Architecture.Backbone, tensor);

    bool ITrainableNetwork.IsHead(string tensor) => !BackboneLayout.Has(tensor);

    bool ITrainableNetwork.IsDecayed(string tensor, int dimensions) =>
        Architecture.Backbone.IsDecayed(BackboneLayout.NameIn(tensor), dimensions);

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Random.Dispose();
        base.Dispose(disposing);
    }

    private Tensor Padded(Tensor images)
    {
        var size = SizeOf(images);
        var padded = size.PaddedTo(Architecture.SizeDivisor);
        return padded == size
            ? images
            : functional.pad(images, (0, padded.Width - size.Width, 0, padded.Height - size.Height), PaddingModes.Constant);
    }

    private static ImageSize SizeOf(Tensor images) => new((int)images.shape[2], (int)images.shape[3]);

    /// <summary>mmsegmentation's: convolutions Kaiming normal over fan-out, what classifies normal with a small deviation.</summary>
    private static void Initialize(Module head, long seed)
    {
        Initialization.Initialize(head, [], seed);
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var (name, parameter) in head.named_parameters())
            if (name == $"{SegmentationLayout.Classifier}.weight")
                parameter.normal_(0, ClassifierDeviation, generator);
            else if (name == $"{SegmentationLayout.Classifier}.bias")
                parameter.zero_();
    }
}
