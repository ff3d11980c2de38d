using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>Finds objects: the losses are mmdetection's, validation is COCO's.</summary>
/// <param name="network">The network.</param>
/// <param name="losses">What the losses are computed of.</param>
/// <param name="rules">How detections are chosen in validation.</param>
/// <param name="classNames">The classes.</param>
/// <param name="validated">What is in the images of a validation; null where there is none.</param>
internal sealed class DetectionTask(
    DetectionNetwork network, LossRules losses, DetectionRules rules, IReadOnlyList<string> classNames, DetectionDataset? validated)
    : ITrainingTask
{
    private const string MaskPrefix = "mask_";

    /// <summary>The names of COCO's average precision, of boxes and of masks.</summary>
    public const string AveragePrecision = "AP", MaskAveragePrecision = MaskPrefix + AveragePrecision;

    private readonly DetectorLoss _loss = new(network, losses);

    public ITrainableNetwork Network => network;

    /// <summary>The figures' names, in the order in which they are written down.</summary>
    public static IReadOnlyList<string> FigureNames(DetectorArchitecture architecture)
    {
        var names = Figures(metrics: null).Keys;
        return architecture.HasMasks ? [.. names, .. names.Select(name => MaskPrefix + name)] : [.. names];
    }

    /// <summary>The sum of all losses.</summary>
    /// <param name="outputs">Of the network.</param>
    /// <param name="targets">As <see cref="TargetTensors"/> has them.</param>
    public Tensor Loss(Tensor[] outputs, IReadOnlyList<Tensor> targets)
    {
        var random = new ImageRandom(((ITrainableNetwork)network).Random!.NextSeed(), 0, 0);
        return DetectorLoss.Sum(_loss.Of(AnchorOutputs.Of(outputs), TargetTensors.Read(targets), random));
    }

    /// <inheritdoc/>
    public Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation)
    {
        var (dataset, detector) = (validated!, new Detector(network, rules));
        var found = new List<FoundInImage>();
        Validation.ForEachBatch(network, images, all, Find, cancellation);
        var everywhere = all.Size == 1 ? found : [.. all.Gather(JsonSerializer.SerializeToUtf8Bytes(found), "validation")
            .SelectMany(part => JsonSerializer.Deserialize<List<FoundInImage>>(part)!)];
        var figures = Figures(Evaluate(dataset, everywhere, useMasks: false));
        if (network.Architecture.HasMasks)
            foreach (var (name, value) in Figures(Evaluate(dataset, everywhere, useMasks: true)))
                figures[MaskPrefix + name] = value;
        return new Validation(figures, [Score(figures, AveragePrecision), Score(figures, "AP50"), Score(figures, MaskAveragePrecision)]);

        void Find(IBatch batch)
        {
            var (pixels, _) = batch.ToTensors(device);
            var sizes = ((PaddedBatch)batch).Sizes;
            foreach (var (slot, one) in detector.Detect(pixels, sizes).Index())
                found.Add(FoundInImage.Of(
                    batch.ImageNumbers[slot], one, sizes[slot], dataset.SizeOf(batch.ImageNumbers[slot]), (float)rules.MaskThreshold));
        }
    }

    /// <summary>A figure that is not known, as no object is small, counts nothing where epochs are compared.</summary>
    private static double Score(IReadOnlyDictionary<string, double> figures, string name) =>
        figures.TryGetValue(name, out var value) && double.IsFinite(value) ? value : 0;

    private DetectionMetrics Evaluate(DetectionDataset dataset, List<FoundInImage> found, bool useMasks)
    {
        var evaluation = new DetectionEvaluation(classNames, useMasks);
        foreach (var image in found.OrderBy(image => image.Image))
        {
            var size = dataset.SizeOf(image.Image);
            evaluation.Add(
                [.. dataset.Marked(image.Image).Objects.Select(one => one.ToTrue(size, useMasks))],
                [.. image.Objects.Select(one => new FoundObject(
                    one.Label, ImageBoxOf(one.Box), one.Score,
                    useMasks ? RunLengthMask.Parse(one.Mask!, size.Height, size.Width) : null))]);
        }
        return evaluation.Metrics();
    }

    private static ImageBox ImageBoxOf(float[] edges) => new(edges[0], edges[1], edges[2] - edges[0], edges[3] - edges[1]);

    private static OrderedDictionary<string, double> Figures(DetectionMetrics? metrics) => new()
    {
        [AveragePrecision] = metrics?.AveragePrecision ?? double.NaN,
        ["AP50"] = metrics?.AveragePrecision50 ?? double.NaN,
        ["AP75"] = metrics?.AveragePrecision75 ?? double.NaN,
        ["AP_small"] = metrics?.AveragePrecisionSmall ?? double.NaN,
        ["AP_medium"] = metrics?.AveragePrecisionMedium ?? double.NaN,
        ["AP_large"] = metrics?.AveragePrecisionLarge ?? double.NaN,
        ["AR100"] = metrics?.AverageRecall100 ?? double.NaN,
    };

    /// <summary>What was found in an image, in pixels of the image as it came.</summary>
    private sealed record FoundInImage(int Image, IReadOnlyList<FoundOne> Objects)
    {
        public static FoundInImage Of(int image, ImageDetections found, ImageSize seen, ImageSize came, float threshold)
        {
            var resized = new ResizedImage(came.Height, came.Width, seen.Height, seen.Width);
            return new(image, [.. found.Found.Select((one, i) =>
            {
                var box = resized.ToOriginal(one.Box);
                var mask = i < found.Masks.Count
                    ? PastedMask.Of(found.Masks[i], DetectorArchitecture.MaskSide, box, came.Height, came.Width, threshold).ToString()
                    : null;
                return new FoundOne(one.Label, [box.X0, box.Y0, box.X1, box.Y1], one.Score, mask);
            })]);
        }
    }

    private sealed record FoundOne(int Label, float[] Box, float Score, string? Mask);
}
