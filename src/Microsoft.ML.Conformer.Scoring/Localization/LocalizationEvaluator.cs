using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Localization;

/// <summary>
/// Locates objects by maps. Images are shown whole, both sides resized to the network's, as weakly supervised localization is measured:
/// a center crop would cut objects off.
/// </summary>
internal sealed class LocalizationEvaluator(
    IHostEnvironment environment, ScorableModel model, ScoringOptions scoring, IDataView data,
    IReadOnlyDictionary<string, IReadOnlyList<ImageBox>> boxes, LocalizationOptions options)
{
    private const double FoundFrom = 0.5, PointingTolerance = 15;
    private const int BatchSize = 4, Top = 5;

    /// <summary>Those that are tried: 0.05, 0.1 ... 0.95.</summary>
    private static readonly double[] _thresholds = [.. Enumerable.Range(1, 19).Select(step => step / 20.0)];

    public ImageLocalization Evaluate()
    {
        var thresholds = options.Threshold is { } one ? [one] : _thresholds;
        var (tallies, count, right, withoutBoxes) = (new SortedDictionary<ImageMapKind, Tally>(), 0, 0, 0);
        var photos = new LabeledPhotos(data, model, scoring, options);
        using var session = new MapSession(environment, model, scoring, includesStages: false, typeof(ImageLocalization));
        foreach (var batch in photos.Batches(BatchSize, Whole))
        {
            var known = batch.Where(photo => BoxesOf(photo).Count > 0).ToList();
            withoutBoxes += batch.Count - known.Count;
            var (maps, found) = (Run(session, known), new List<Found>[known.Count]);
            InParallel.For(known.Count, Environment.ProcessorCount, options.CancellationToken, i => found[i] = Look(known[i], maps[i], thresholds));
            for (var i = 0; i < known.Count; i++)
            {
                var rank = Logits.RankOf(maps[i].Logits, known[i].Label);
                (count, right) = (count + 1, right + (rank == 0 ? 1 : 0));
                foreach (var map in found[i])
                {
                    if (!tallies.TryGetValue(map.Kind, out var tally))
                        tallies[map.Kind] = tally = new Tally(thresholds);
                    tally.Add(map, rank);
                }
            }
        }
        if (count == 0)
            throw new InvalidDataException(
                $"There is no image to locate an object in: of {withoutBoxes} images there are no boxes, {photos.UnlabeledCount} rows have " +
                $"no label and {photos.Skipped.Count} images cannot be used. Boxes are of {VisibleText.List([.. boxes.Keys])}.");
        return new ImageLocalization(
            count, withoutBoxes, (double)right / count, photos.Skipped, photos.UnlabeledCount, [.. tallies.Select(tally => tally.Value.Result(tally.Key, count))]);
    }

    private IReadOnlyList<ImageBox> BoxesOf(LabeledPhoto photo) =>
        photo.Path is null ? [] : boxes.GetValueOrDefault(Path.GetFullPath(photo.Path)) ?? [];

    private RgbImage Whole(RgbImage photo) => Resampler.Resize(photo, model.ImageSize, model.ImageSize, model.Preprocessing.Kernel);

    private static IReadOnlyList<NetworkMaps> Run(MapSession session, List<LabeledPhoto> photos)
    {
        if (photos.Count == 0)
            return [];
        var images = new float[photos.Count * session.Input.Length];
        for (var photo = 0; photo < photos.Count; photo++)
            session.Input.Write(photos[photo].Image, images.AsSpan(photo * session.Input.Length, session.Input.Length));
        return session.Run(images, photos.Count);
    }

    /// <summary>Intersection over union is the same, whatever both sides are scaled by.</summary>
    private List<ImageBox> InNetworksPixels(LabeledPhoto photo)
    {
        var (x, y) = ((double)model.ImageSize / photo.Size.Width, (double)model.ImageSize / photo.Size.Height);
        return [.. BoxesOf(photo).Select(box => new ImageBox(box.Left * x, box.Top * y, box.Width * x, box.Height * y))];
    }

    /// <summary>What the maps of an image's class find at each threshold.</summary>
    private List<Found> Look(LabeledPhoto photo, NetworkMaps maps, double[] thresholds)
    {
        Logits.ThrowIfNotFinite(maps.Logits, photo.Path);
        var boxes = InNetworksPixels(photo);
        return [.. maps.Of(photo.Label).Select(map =>
        {
            var located = new LocalizationMap(map.Resize(model.ImageSize, model.ImageSize).Array, model.ImageSize, model.ImageSize);
            var overlaps = new double[thresholds.Length];
            for (var i = 0; i < overlaps.Length; i++)
                overlaps[i] = boxes.Max(located.Box(thresholds[i]).IntersectionOverUnion);
            return new Found(map.Kind, located.PointsInto(boxes, PointingTolerance), located.PointsInto(boxes), overlaps);
        })];
    }

    /// <summary>What one map of an image finds.</summary>
    /// <param name="Kind">The kind of map.</param>
    /// <param name="Points">Whether its maximum is in a box, or beside one.</param>
    /// <param name="IsInside">Whether it is in a box.</param>
    /// <param name="Overlaps">The intersection over union at each threshold.</param>
    private readonly record struct Found(ImageMapKind Kind, bool Points, bool IsInside, double[] Overlaps);

    /// <summary>What one kind of map finds at each threshold.</summary>
    private sealed class Tally(double[] thresholds)
    {
        private readonly (int Found, int Top1, int Top5, double Overlap)[] _at = new (int, int, int, double)[thresholds.Length];
        private int _points, _inside;

        public void Add(Found found, int rank)
        {
            _points += found.Points ? 1 : 0;
            _inside += found.IsInside ? 1 : 0;
            foreach (var (i, overlap) in found.Overlaps.Index())
            {
                ref var at = ref _at[i];
                at.Overlap += overlap;
                if (overlap < FoundFrom)
                    continue;
                at.Found++;
                at.Top1 += rank == 0 ? 1 : 0;
                at.Top5 += rank < Top ? 1 : 0;
            }
        }

        public MapLocalization Result(ImageMapKind kind, int count)
        {
            var best = _at.Index().MaxBy(at => (at.Item.Found, at.Item.Overlap));
            double Fraction(double part) => part / count;
            return new MapLocalization(
                kind, thresholds[best.Index], Fraction(best.Item.Found), Fraction(best.Item.Top1), Fraction(best.Item.Top5),
                Fraction(best.Item.Overlap), Fraction(_points), Fraction(_inside));
        }
    }
}
