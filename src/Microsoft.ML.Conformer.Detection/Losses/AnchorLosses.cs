using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Losses;

/// <summary>What is wrong with anchors' scores and corrections: of a proposal network, or of RetinaNet.</summary>
internal sealed class AnchorLosses(DetectorArchitecture architecture, LossRules rules)
{
    /// <param name="outputs">Of the network.</param>
    /// <param name="objects">Of each image.</param>
    /// <param name="random">Chooses the anchors that count.</param>
    public IReadOnlyList<PartialLoss> Of(AnchorOutputs outputs, IReadOnlyList<ImageObjects> objects, ImageRandom random)
    {
        using var scope = NewDisposeScope();
        var maps = outputs.Scores.Select(map => new ImageSize((int)map.shape[2], (int)map.shape[3])).ToList();
        Level[] levels = [.. architecture.Levels.Zip(maps, (level, map) =>
            new Level(1 << level, map, Networks.Anchors.Of(architecture).Of(1 << level, map.Height, map.Width)))];
        var samples = objects.Select((image, index) => Choose(levels, image, index, random)).Aggregate(0, (sum, count) => sum + count);
        var (classes, boxes) = (levels.Select((level, i) => ClassLoss(outputs.Scores[i], level)),
            levels.Select((level, i) => BoxLoss(outputs.Deltas[i], level)));
        var prefix = architecture.IsTwoStage ? "loss_rpn" : "loss";
        return
        [
            new($"{prefix}_cls", stack(classes).Over(samples).MoveToOuterDisposeScope()),
            new($"{prefix}_bbox", stack(boxes).Over(samples).MoveToOuterDisposeScope()),
        ];
    }

    /// <summary>Chooses an image's anchors that count. Returns what losses are divided by for it.</summary>
    private int Choose(Level[] levels, ImageObjects image, int index, ImageRandom random)
    {
        var candidates = levels.SelectMany(level => Usable(level, image.Size).Select(anchor => (Level: level, Anchor: anchor))).ToList();
        var boxes = candidates.Select(candidate => candidate.Level.Anchors[candidate.Anchor]).ToList();
        var matches = rules.Anchors.Match(boxes, image.Boxes);
        var (positives, negatives) = (rules.AnchorSampler ?? new RegionSampler(int.MaxValue, 1)).Choose(matches, random);
        foreach (var candidate in positives)
        {
            var (level, anchor) = candidates[candidate];
            var item = matches[candidate];
            var deltas = new float[4];
            BoxCodec.Plain.Encode(level.Anchors[anchor], image.Boxes[item], deltas);
            level.Positives.Add((level.RowOf(index, anchor), architecture.IsTwoStage ? 0 : image.Labels[item], deltas));
        }
        foreach (var candidate in negatives)
            candidates[candidate].Level.Negatives.Add(candidates[candidate].Level.RowOf(index, candidates[candidate].Anchor));
        // As mmdetection counts: an image without any has one.
        var count = Math.Max(positives.Length, 1);
        return architecture.IsTwoStage ? count + Math.Max(negatives.Length, 1) : count;
    }

    /// <summary>The anchors whose place is in the image as it was padded for itself, and that do not leave it too far.</summary>
    private IEnumerable<int> Usable(Level level, ImageSize image)
    {
        var padded = image.PaddedTo(architecture.SizeDivisor);
        var (rows, columns) = (Math.Min((padded.Height + level.Stride - 1) / level.Stride, level.Map.Height),
            Math.Min((padded.Width + level.Stride - 1) / level.Stride, level.Map.Width));
        var perPlace = architecture.AnchorsPerPlace;
        for (var row = 0; row < rows; row++)
            for (var anchor = row * level.Map.Width * perPlace; anchor < ((row * level.Map.Width) + columns) * perPlace; anchor++)
                if (rules.AnchorBorder is not { } border || IsWithin(level.Anchors[anchor], image, border))
                    yield return anchor;
    }

    private static bool IsWithin(Box box, ImageSize image, int border) =>
        box.X0 >= -border && box.Y0 >= -border && box.X1 < image.Width + border && box.Y1 < image.Height + border;

    private Tensor ClassLoss(Tensor scores, Level level)
    {
        if (level.Positives.Count + level.Negatives.Count == 0)
            return scores.sum().Times(0);
        var classes = architecture.IsTwoStage ? 1 : architecture.NumClasses;
        long[] rows = [.. level.Positives.Select(positive => positive.Row), .. level.Negatives];
        var targets = new float[rows.Length * classes];
        foreach (var (index, positive) in level.Positives.Index())
            targets[(index * classes) + positive.Label] = 1;
        var (logits, wanted) = (Rows(scores, classes, rows), tensor(targets, device: scores.device).view(rows.Length, classes));
        return architecture.IsTwoStage ? PointLosses.BinaryCrossEntropy(logits, wanted) : PointLosses.Focal(logits, wanted);
    }

    private Tensor BoxLoss(Tensor deltas, Level level)
    {
        if (level.Positives.Count == 0)
            return deltas.sum().Times(0);
        var targets = tensor(level.Positives.SelectMany(positive => positive.Deltas).ToArray(), device: deltas.device).view(-1, 4);
        return PointLosses.Boxes(Rows(deltas, 4, [.. level.Positives.Select(positive => positive.Row)]), targets, rules.AnchorBeta);
    }

    /// <summary>Some of the anchors' values: of [N, A x values, H, W], counted image by image, row by row.</summary>
    private static Tensor Rows(Tensor map, long values, long[] rows) =>
        map.permute(0, 2, 3, 1).reshape(-1, values).index_select(0, tensor(rows, device: map.device)).to(ScalarType.Float32);

    /// <summary>A level of the pyramid, and which of its anchors count.</summary>
    private sealed record Level(int Stride, ImageSize Map, Box[] Anchors)
    {
        public List<(long Row, int Label, float[] Deltas)> Positives { get; } = [];

        public List<long> Negatives { get; } = [];

        public long RowOf(int image, int anchor) => ((long)image * Anchors.Length) + anchor;
    }
}
