using System.CommandLine;
using System.Globalization;
using Options = Microsoft.ML.Conformer.Detection.ConformerObjectDetectionTrainer.Options;
using TrainerOption = Conformer.Cli.Training.Options.ITrainerOption<
    Microsoft.ML.Conformer.Detection.ConformerObjectDetectionTrainer.Options>;

namespace Conformer.Cli.Detecting;

/// <summary>The options of the library's trainer of detectors that the command line has, by the same names.</summary>
internal static class DetectorOptions
{
    private static readonly Dictionary<string, DetectionHead> _heads = new(StringComparer.OrdinalIgnoreCase)
    {
        ["faster-rcnn"] = DetectionHead.FasterRcnn,
        ["mask-rcnn"] = DetectionHead.MaskRcnn,
        ["cascade-mask-rcnn"] = DetectionHead.CascadeMaskRcnn,
        ["retinanet"] = DetectionHead.RetinaNet,
    };

    private static readonly Dictionary<string, VisionArchitecture> _backbones = new(StringComparer.OrdinalIgnoreCase)
    {
        ["conformer-tiny"] = ConformerArchitecture.For(ConformerVariant.Tiny),
        ["conformer-small"] = ConformerArchitecture.For(ConformerVariant.Small),
        ["conformer-small-p32"] = ConformerArchitecture.For(ConformerVariant.SmallPatch32),
        ["conformer-base"] = ConformerArchitecture.For(ConformerVariant.Base),
        ["contnet-tiny"] = ConTNetArchitecture.For(ConTNetVariant.Tiny),
        ["contnet-small"] = ConTNetArchitecture.For(ConTNetVariant.Small),
        ["contnet-medium"] = ConTNetArchitecture.For(ConTNetVariant.Medium),
        ["contnet-base"] = ConTNetArchitecture.For(ConTNetVariant.Base),
    };

    private static readonly OptionsOf<Options> _of = new(new Options());

    /// <summary>All but those that name files and folders. Head and backbone come first.</summary>
    public static IReadOnlyList<TrainerOption> All { get; } =
    [
        Named("head", "What finds the objects; those with \"mask\" give their outlines, too",
            _heads, o => o.Head, (o, v) => o.Head = v),
        Named("backbone", "The network that it stands on", _backbones, o => o.Backbone, (o, v) => o.Backbone = v),
        .. OfSteps(), .. CommonOptions.Machine, .. CommonOptions.Weights, .. OfAugmentation(), .. CommonOptions.Images,
    ];

    /// <summary>What a detector is called.</summary>
    public static string NetworkName(Options options) =>
        $"{NameOf(_heads, options.Head)} on {NameOf(_backbones, options.Backbone) ?? NetworkNames.KindOf(options.Backbone)}";

    private static IEnumerable<TrainerOption> OfSteps() =>
    [
        _of.Number("longest-side", "The most pixels of the longer side of images as the network sees them.",
            o => o.LongestSide, (o, v) => o.LongestSide = v, 32, 4096, showsDefault: true),
        _of.Number("shortest-side", "The most pixels of their shorter side.",
            o => o.ShortestSide, (o, v) => o.ShortestSide = v, 32, 4096, showsDefault: true),
        _of.Number("epochs", "Passes over the training images.", o => o.Epochs, (o, v) => o.Epochs = v, 1, 100_000, showsDefault: true),
        _of.Number("batch-size", "Images in a training step; with mpirun, of each rank.",
            o => o.BatchSize, (o, v) => o.BatchSize = v, 1, 65_536, showsDefault: true),
        _of.Number<int?>("micro-batch-size", "Images that go through the network at once. Default: the batch, or what fits into memory.",
            o => o.MicroBatchSize, (o, v) => o.MicroBatchSize = v, 1, 65_536),
        _of.Number("learning-rate", "AdamW's learning rate; the default is meant for 16 images in a step.",
            o => o.LearningRate, (o, v) => o.LearningRate = v, 1e-9, 1, showsDefault: true),
        _of.Of(DecayEpochs(), o => string.Join(',', o.DecayEpochs), (o, v) => o.DecayEpochs = Numbers(v)!, showsDefault: true),
        _of.Number("warmup-steps", "Steps in which the rate rises.",
            o => o.WarmupSteps, (o, v) => o.WarmupSteps = v, 0, int.MaxValue, showsDefault: true),
        _of.Number("weight-decay", "AdamW's weight decay.", o => o.WeightDecay, (o, v) => o.WeightDecay = v, 0, 10, showsDefault: true),
        _of.Number<double?>("max-gradient-norm", "Length that longer gradients are cut to. Default: none.",
            o => o.MaxGradientNorm, (o, v) => o.MaxGradientNorm = v, 1e-9, 1e9),
        _of.Number<double?>("weight-average-decay", "What a moving average of the weights keeps in a step. Default: there is none.",
            o => o.WeightAverageDecay, (o, v) => o.WeightAverageDecay = v, 0, 0.999_999_999),
        _of.Number<int?>("patience", "Epochs without a better one after which training ends. Default: it goes on to the last.",
            o => o.Patience, (o, v) => o.Patience = v, 1, 100_000),
        _of.Flag("keep-empty-images", "Train with images without objects, too, as background.",
            o => o.KeepEmptyImages, (o, v) => o.KeepEmptyImages = v),
    ];

    private static IEnumerable<TrainerOption> OfAugmentation() =>
    [
        _of.Number("flip-probability", "Chance with which an image is mirrored.", o => o.Augmentation.FlipProbability,
            (o, v) => o.Augmentation = o.Augmentation with { FlipProbability = v }, 0, 1, showsDefault: true, "Augmentation.FlipProbability"),
        _of.Number("smallest-scale", "Images are made smaller at random, down to this part of their size.",
            o => o.Augmentation.SmallestScale, (o, v) => o.Augmentation = o.Augmentation with { SmallestScale = v }, 0.1, 1,
            showsDefault: true, "Augmentation.SmallestScale"),
        _of.Flag("large-scale-jitter", "Images are resized to between a tenth and twice the size.", o => o.Augmentation.LargeScaleJitter,
            (o, v) => o.Augmentation = o.Augmentation with { LargeScaleJitter = v }, "Augmentation.LargeScaleJitter"),
        _of.Number("mosaic-probability", "Chance with which an image is put together with three others.",
            o => o.Augmentation.MosaicProbability, (o, v) => o.Augmentation = o.Augmentation with { MosaicProbability = v }, 0, 1,
            showsDefault: true, "Augmentation.MosaicProbability"),
    ];

    /// <summary>A value that the command has names for; another one has none, and stands in no configuration.</summary>
    private static TrainerOption Named<T>(
        string name, string description, Dictionary<string, T> names, Func<Options, T> get, Action<Options, T> set) where T : notnull =>
        _of.Of(
            new Option<string?>("--" + name)
            {
                Description = $"{description}: {string.Join(", ", names.Keys)}.",
                HelpName = "NAME",
            }.OneOf([.. names.Keys]), o => NameOf(names, get(o)),
            (o, v) => set(o, names[v!]), showsDefault: true);

    private static string? NameOf<T>(Dictionary<string, T> names, T value) where T : notnull =>
        names.FirstOrDefault(one => one.Value.Equals(value)).Key;

    private static Option<string> DecayEpochs()
    {
        var option = new Option<string>("--decay-epochs")
        {
            Description = "Epochs after which the rate is a tenth of what it was, with commas between; empty for none.",
            HelpName = "N,N",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && Numbers(text) is null)
                result.AddError($"{option.Name} must be whole numbers from 1 with commas between, not '{VisibleText.Of(text)}'.");
        });
        return option;
    }

    private static int[]? Numbers(string text)
    {
        var numbers = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
        return numbers.All(number => number > 0) ? numbers : null;
    }
}
