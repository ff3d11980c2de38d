using System.Numerics.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Evaluation.Robustness;

/// <summary>Scores the same images undistorted, distorted, and at other sizes.</summary>
internal sealed class RobustnessEvaluator(
    IHostEnvironment environment, ScorableModel model, ScoringOptions scoring, IDataView data, RobustnessOptions options)
{
    private static readonly Dictionary<ImageDistortionKind, (string Unit, double? Unchanged)> _kinds = new()
    {
        [ImageDistortionKind.Rotation] = ("degrees", 0),
        [ImageDistortionKind.Scale] = ("pixels", null), // it is the network's size
        [ImageDistortionKind.Blur] = ("pixels", 0),
        [ImageDistortionKind.Noise] = ("levels of 255", 0),
        [ImageDistortionKind.JpegQuality] = ("quality", null), // the best one changes something, too
        [ImageDistortionKind.Brightness] = ("factor", 1),
    };

    private readonly ScoringOptions _scoring = WithoutFiveCrop(scoring);

    public ImageRobustness Evaluate()
    {
        var sizes = options.SizesFor(model);
        var distortions = options.Distortions
            .SelectMany(kind => kind.Value.Distinct().Select(value => new ImageDistortion(kind.Key, value, options.Seed)))
            .Where(distortion => distortion.Value != UnchangedBy(distortion.Kind)).ToList();
        IReadOnlyList<string> branches;
        IReadOnlyList<Tally> tallies;
        var photos = Photos();
        using (var session = new BranchScoring(environment, model, _scoring, typeof(ImageRobustness)))
            (branches, tallies) = (session.Branches, Score(session, photos, [null, .. distortions]));
        var unchanged = tallies[0];

        List<RobustnessCurve> curves = [];
        foreach (var kind in distortions.Zip(tallies.Skip(1)).GroupBy(point => point.First.Kind))
        {
            var points = kind.Select(point => point.Second.At(point.First.Value)).ToList();
            if (UnchangedBy(kind.Key) is { } value)
                points.Add(unchanged.At(value));
            curves.Add(new RobustnessCurve(kind.Key.ToString(), _kinds[kind.Key].Unit, [.. points.OrderBy(point => point.Value)]));
        }
        if (sizes.Count > 0)
        {
            var points = sizes.Where(size => size != model.ImageSize).Select(AtSize).Append(unchanged.At(model.ImageSize));
            curves.Add(new RobustnessCurve("ImageSize", "pixels", [.. points.OrderBy(point => point.Value)]));
        }
        return new ImageRobustness(branches, unchanged.Count, photos.Skipped, photos.UnlabeledCount, curves);
    }

    /// <summary>What is distorted, and shown at other sizes, is the center; its corners would be others than those of a photo.</summary>
    private static ScoringOptions WithoutFiveCrop(ScoringOptions scoring)
    {
        scoring = scoring.Copy();
        scoring.FiveCrop = false;
        return scoring;
    }

    private double? UnchangedBy(ImageDistortionKind kind) =>
        kind == ImageDistortionKind.Scale ? model.ImageSize : _kinds[kind].Unchanged;

    private LabeledPhotos Photos() => new(data, model, _scoring, options);

    private RobustnessPoint AtSize(int size)
    {
        using var session = new BranchScoring(environment, model, _scoring, typeof(ImageRobustness), size);
        return Score(session, Photos(), [null])[0].At(size);
    }

    /// <summary>One pass over the images; each is decoded once and scored once for each distortion.</summary>
    private Tally[] Score(BranchScoring session, LabeledPhotos photos, IReadOnlyList<ImageDistortion?> distortions)
    {
        Tally[] tallies = [.. distortions.Select(_ => new Tally(session.Branches.Count))];
        var first = 0;
        foreach (var batch in photos.Batches(session.BatchSize, session.Input.Crop))
        {
            foreach (var (distortion, tally) in distortions.Zip(tallies))
            {
                var images = new RgbImage[batch.Count];
                InParallel.For(batch.Count, Environment.ProcessorCount, options.CancellationToken, i =>
                    images[i] = distortion?.Apply(batch[i].Image, first + i) ?? batch[i].Image);
                foreach (var (photo, logits) in batch.Zip(session.Score(images)))
                {
                    Logits.ThrowIfNotFinite(logits[0], photo.Path);
                    tally.Add(photo.Label, logits);
                }
            }
            first += batch.Count;
        }
        return first > 0 ? tallies : throw ImageEvaluator.NoImages(photos);
    }

    private sealed class Tally(int branches)
    {
        private readonly int[] _right = new int[branches];
        private double _confidence;

        public int Count { get; private set; }

        public void Add(int label, float[][] logits)
        {
            Count++;
            for (var branch = 0; branch < _right.Length; branch++)
                if (TensorPrimitives.IndexOfMax<float>(logits[branch]) == label)
                    _right[branch]++;
            _confidence += TensorPrimitives.Max<float>(Logits.Softmax(logits[0]));
        }

        public RobustnessPoint At(double value) => new(value, [.. _right.Select(count => (double)count / Count)], _confidence / Count);
    }
}
