using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Regions;

/// <summary>
/// Finds objects with a network in evaluation mode: what validation during training counts by, and what scoring must equal.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="rules">What is kept.</param>
internal sealed class Detector(DetectionNetwork network, DetectionRules rules)
{
    private readonly DetectorArchitecture _architecture = network.Architecture;

    /// <summary>The objects in each image of a batch.</summary>
    /// <param name="images">[N, 3, H, W], normalized and padded.</param>
    /// <param name="sizes">The images' sizes without padding.</param>
    public IReadOnlyList<ImageDetections> Detect(Tensor images, IReadOnlyList<ImageSize> sizes)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var outputs = AnchorOutputs.Of(network.call(images));
        var candidates = JudgedAnchors.Of(_architecture, outputs);
        if (!_architecture.IsTwoStage)
            return [.. candidates.Zip(sizes, (levels, size) => new ImageDetections(DetectionSelection.OfAnchors(levels, size, rules), []))];
        var regions = candidates.Zip(sizes, (levels, size) => ProposalSelection.Of(levels, size, rules).Boxes)
            .SelectMany((boxes, image) => boxes.Select(box => new Region(image, box))).ToList();
        var judged = Judge(outputs.Maps, regions, sizes);
        List<Detection>[] detections = [.. sizes.Select((size, image) => Choose(judged, image, size))];
        var masks = new Queue<float[]>(Masks(outputs.Maps, detections));
        return [.. detections.Select(found =>
            new ImageDetections(found, [.. found.TakeWhile(_ => masks.Count > 0).Select(_ => masks.Dequeue())]))];
    }

    /// <summary>Classifies and corrects regions: in a cascade three times, each time the corrected ones.</summary>
    public JudgedRegions Judge(IReadOnlyList<Tensor> maps, List<Region> regions, IReadOnlyList<ImageSize> sizes)
    {
        if (regions.Count == 0)
            return new JudgedRegions([], _architecture.Stages[^1], [], []);
        using var scope = NewDisposeScope();
        var stages = _architecture.Stages;
        Tensor? sum = null;
        for (var stage = 0; ; stage++)
        {
            var pooled = RegionPooling.Pool(_architecture, maps, regions, DetectorArchitecture.BoxBins);
            var (logits, deltas) = network.Regions.BoxHeads[stage].call(pooled);
            sum = sum is null ? logits : sum.Plus(logits);
            var corrections = deltas.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
            if (stage == stages.Count - 1)
                return new JudgedRegions(
                    regions, stages[stage],
                    sum.Over(stages.Count).to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray(), corrections);
            regions = [.. regions.Select((region, i) => region with
            {
                Box = stages[stage].Codec.Decode(region.Box, corrections.AsSpan(i * 4, 4)).ClippedTo(sizes[region.Image]),
            })];
        }
    }

    private List<Detection> Choose(JudgedRegions judged, int image, ImageSize size)
    {
        var (classes, stage) = (_architecture.NumClasses, judged.Stage);
        int[] own = [.. Enumerable.Range(0, judged.Regions.Count).Where(region => judged.Regions[region].Image == image)];
        float[][] scores = [.. own.Select(region => Logits.Softmax(judged.Logits.AsSpan(region * (classes + 1), classes + 1)))];
        return DetectionSelection.Of(own.Length, classes, (box, label) => scores[box][label], (box, label) =>
        {
            var start = stage.IsCascaded ? own[box] * 4 : ((own[box] * classes) + label) * 4;
            return stage.Codec.Decode(judged.Regions[own[box]].Box, judged.Deltas.AsSpan(start, 4)).ClippedTo(size);
        }, rules);
    }

    /// <summary>
    /// For each detection the probabilities of its class, 28 x 28; in a cascade the mean of all stages. Empty without masks.
    /// </summary>
    private List<float[]> Masks(IReadOnlyList<Tensor> maps, IReadOnlyList<List<Detection>> detections)
    {
        List<(int Image, Detection Found)> all = [.. detections.SelectMany((found, image) => found.Select(one => (image, one)))];
        if (!_architecture.HasMasks || all.Count == 0)
            return [];
        using var scope = NewDisposeScope();
        List<Region> regions = [.. all.Select(one => new Region(one.Image, one.Found.Box))];
        var pooled = RegionPooling.Pool(_architecture, maps, regions, DetectorArchitecture.MaskBins);
        var own = tensor(all.Select((one, i) => (i * (long)_architecture.NumClasses) + one.Found.Label).ToArray(), device: pooled.device);
        var heads = network.Regions.MaskHeads;
        var probabilities = heads.Select(head => head.call(pooled).flatten(0, 1).index_select(0, own).sigmoid())
            .Aggregate((sum, next) => sum.Plus(next)).Over(heads.Count).to(ScalarType.Float32).cpu().contiguous();
        return [.. Enumerable.Range(0, all.Count).Select(i => probabilities[i].data<float>().ToArray())];
    }
}

/// <summary>What was found in an image.</summary>
/// <param name="Found">By falling score.</param>
/// <param name="Masks">For each the probabilities, 28 x 28 row by row, that a part of its box is the object; empty without masks.</param>
internal sealed record ImageDetections(List<Detection> Found, IReadOnlyList<float[]> Masks);

/// <summary>Regions of a batch as the last stage judged them.</summary>
/// <param name="Regions">Before its corrections.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Logits">[K, C + 1], the background last; in a cascade the stages' mean.</param>
/// <param name="Deltas">[K, C x 4], or [K, 4] for all classes.</param>
internal sealed record JudgedRegions(IReadOnlyList<Region> Regions, RegionStage Stage, float[] Logits, float[] Deltas);
