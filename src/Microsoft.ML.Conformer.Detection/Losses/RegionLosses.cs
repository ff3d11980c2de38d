using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Detection.Losses;

/// <summary>What is wrong with how regions are classified, corrected and masked, stage by stage.</summary>
internal sealed class RegionLosses(DetectionNetwork network, LossRules rules)
{
    private readonly DetectorArchitecture _architecture = network.Architecture;

    /// <param name="outputs">Of the network.</param>
    /// <param name="objects">Of each image.</param>
    /// <param name="random">Chooses the regions that count.</param>
    public IReadOnlyList<PartialLoss> Of(AnchorOutputs outputs, IReadOnlyList<ImageObjects> objects, ImageRandom random)
    {
        using var scope = NewDisposeScope();
        var proposals = JudgedAnchors.Of(_architecture, outputs)
            .Zip(objects, (levels, image) => ProposalSelection.Of(levels, image.Size, rules.Proposals).Boxes).ToArray();
        var losses = new List<PartialLoss>();
        foreach (var (index, stage) in _architecture.Stages.Index())
        {
            List<Chosen> chosen = [.. objects.SelectMany((image, i) => Choose(proposals[i], image, i, stage, random))];
            List<Chosen> positives = [.. chosen.Where(one => one.Object is not null)];
            var (logits, deltas) = network.Regions.BoxHeads[index].call(Pool(outputs.Maps, chosen, DetectorArchitecture.BoxBins));
            var prefix = stage.IsCascaded ? $"s{index}." : "";
            Add("loss_cls", ClassLoss(logits, chosen));
            Add("loss_bbox", BoxLoss(deltas, chosen, stage));
            if (_architecture.HasMasks)
                Add("loss_mask", MaskLoss(network.Regions.MaskHeads[index], outputs.Maps, positives, objects));
            if (index < _architecture.Stages.Count - 1)
                proposals = Corrected(chosen, deltas, stage, objects);

            void Add(string name, Tensor loss) =>
                losses.Add(new PartialLoss(prefix + name, loss.Times(stage.LossWeight).MoveToOuterDisposeScope()));
        }
        return losses;
    }

    /// <summary>The regions of an image that count: its objects' own boxes are among them, so that there are always good ones.</summary>
    private IEnumerable<Chosen> Choose(
        IReadOnlyList<Box> proposals, ImageObjects image, int index, RegionStage stage, ImageRandom random)
    {
        var own = image.Boxes.Count;
        Box[] boxes = [.. image.Boxes, .. proposals];
        int[] matches =
            [.. Enumerable.Range(0, own), .. LossRules.Regions(_architecture.Head, stage).Match(proposals, image.Boxes)];
        var (positives, negatives) = rules.RegionSampler.Choose(matches, random);
        return positives.Concat(negatives).Select(i => matches[i] is var item and >= 0
            ? new Chosen(new Region(index, boxes[i]), image.Labels[item], item, image.Boxes[item], IsOwn: i < own)
            : new Chosen(new Region(index, boxes[i]), _architecture.NumClasses, Object: null, default, IsOwn: false));
    }

    private Tensor Pool(IReadOnlyList<Tensor> maps, List<Chosen> chosen, int bins) => RegionPooling.Pool(
        _architecture, maps, [.. chosen.Select(one => one.Region)], bins);

    private static Tensor ClassLoss(Tensor logits, List<Chosen> chosen) => chosen.Count == 0
        ? logits.sum()
        : functional.cross_entropy(
            logits.to(ScalarType.Float32), tensor(chosen.Select(one => (long)one.Label).ToArray(), device: logits.device));

    private Tensor BoxLoss(Tensor deltas, List<Chosen> chosen, RegionStage stage)
    {
        var (rows, targets) = (new List<long>(), new List<float>());
        var target = new float[4];
        foreach (var (place, one) in chosen.Index().Where(one => one.Item.Object is not null))
        {
            // [K, C x 4] as [K C, 4]: the correction for the object's class; or the one for all classes.
            rows.Add(stage.IsCascaded ? place : ((long)place * _architecture.NumClasses) + one.Label);
            stage.Codec.Encode(one.Region.Box, one.Target, target);
            targets.AddRange(target);
        }
        if (rows.Count == 0)
            return deltas.sum().Times(0);
        var wanted = tensor(targets.ToArray(), device: deltas.device).view(-1, 4);
        var given = deltas.reshape(-1, 4).index_select(0, tensor(rows.ToArray(), device: deltas.device)).to(ScalarType.Float32);
        return PointLosses.Boxes(given, wanted, stage.IsCascaded ? 1 : 0).Over(chosen.Count);
    }

    /// <summary>The mean cross entropy of the masks of the objects' classes.</summary>
    private Tensor MaskLoss(MaskHead head, IReadOnlyList<Tensor> maps, List<Chosen> positives, IReadOnlyList<ImageObjects> objects)
    {
        var logits = head.call(Pool(maps, positives, DetectorArchitecture.MaskBins));
        if (positives.Count == 0)
            return logits.sum();
        var rows = tensor(positives.Select((one, place) => ((long)place * _architecture.NumClasses) + one.Label).ToArray(),
            device: logits.device);
        const int side = DetectorArchitecture.MaskSide;
        var targets = positives.SelectMany(one => MaskTarget.Of(objects[one.Region.Image].Masks[one.Object!.Value], one.Region.Box, side));
        return functional.binary_cross_entropy_with_logits(
            logits.flatten(0, 1).index_select(0, rows).to(ScalarType.Float32),
            tensor(targets.ToArray(), device: logits.device).view(-1, side, side));
    }

    /// <summary>The regions as they were corrected, without the objects' own boxes, for the next stage to choose among.</summary>
    private IReadOnlyList<Box>[] Corrected(List<Chosen> chosen, Tensor deltas, RegionStage stage, IReadOnlyList<ImageObjects> objects)
    {
        var values = deltas.detach().to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        return [.. objects.Select((image, index) => chosen.Index().Where(one => one.Item.Region.Image == index && !one.Item.IsOwn)
            .Select(one => stage.Codec.Decode(one.Item.Region.Box, values.AsSpan(one.Index * 4, 4)).ClippedTo(image.Size)).ToList())];
    }

    /// <summary>A region that counts.</summary>
    /// <param name="Region">Where it is.</param>
    /// <param name="Label">The class, or the number of classes for the background.</param>
    /// <param name="Object">The index of its object in the image; null for none.</param>
    /// <param name="Target">The object's box.</param>
    /// <param name="IsOwn">Whether it is an object's own box.</param>
    private sealed record Chosen(Region Region, int Label, int? Object, Box Target, bool IsOwn);
}
