using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Training;

/// <summary>Tells of which class each pixel is; validation counts the pixels of whole images, as scoring gives them.</summary>
/// <param name="network">The network.</param>
/// <param name="loss">The loss.</param>
/// <param name="classNames">The classes.</param>
/// <param name="validated">The classes of a validation's images; null where there is none.</param>
internal sealed class SegmentationTask(
    SegmentationNetwork network, SegmentationLoss loss, IReadOnlyList<string> classNames, SegmentationDataset? validated) : ITrainingTask
{
    public const string MeanIntersectionOverUnion = "mIoU";

    public ITrainableNetwork Network => network;

    /// <summary>The figures' names, in the order in which they are written down.</summary>
    public static IReadOnlyList<string> FigureNames { get; } = [.. Figures(metrics: null).Keys];

    /// <summary>The cross entropy of the pixels, the auxiliary head's included.</summary>
    /// <param name="outputs">Of the network.</param>
    /// <param name="targets">The classes, bytes [N, H, W].</param>
    public Tensor Loss(Tensor[] outputs, IReadOnlyList<Tensor> targets) => loss.Of(outputs, targets[0]);

    /// <inheritdoc/>
    public Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation)
    {
        var counts = new SegmentationCounts(classNames);
        Validation.ForEachBatch(network, images, all, Count, cancellation);
        if (all.Size > 1)
            counts = SegmentationCounts.Sum(
                classNames, all.Gather(MemoryMarshal.AsBytes(counts.Values.AsSpan()).ToArray(), "validation")
                    .Select(part => MemoryMarshal.Cast<byte, long>(part).ToArray()));
        var metrics = counts.Metrics();
        return new Validation(Figures(metrics), [metrics.MeanIntersectionOverUnion ?? 0, metrics.PixelAccuracy ?? 0]);

        void Count(IBatch batch)
        {
            var labels = network.Segment(batch.ToTensors(device).Images).to(ScalarType.Byte).cpu();
            var (height, width) = ((int)labels.shape[1], (int)labels.shape[2]);
            var values = labels.data<byte>().ToArray();
            foreach (var (slot, (image, seen)) in batch.ImageNumbers.Zip(((PaddedBatch)batch).Sizes).Index())
            {
                var padded = new LabelMap(height, width, values.AsSpan(slot * height * width, height * width).ToArray());
                var truth = validated!.LabelsOf(image);
                counts.Add<byte>(
                    truth.Values, padded.Corner(seen.Height, seen.Width).Resized(truth.Height, truth.Width).Values);
            }
        }
    }

    private static OrderedDictionary<string, double> Figures(SegmentationMetrics? metrics) => new()
    {
        [MeanIntersectionOverUnion] = metrics?.MeanIntersectionOverUnion ?? double.NaN,
        ["pixel_accuracy"] = metrics?.PixelAccuracy ?? double.NaN,
        ["mean_class_accuracy"] = metrics?.MeanClassAccuracy ?? double.NaN,
    };
}
