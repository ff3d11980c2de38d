using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Evaluation;

/// <summary>Scores images whose classes are known.</summary>
internal static class ImageEvaluator
{
    public static ImageEvaluation Evaluate(
        IHostEnvironment environment, ScorableModel model, ScoringOptions scoring, IDataView data, ImageEvaluationOptions options)
    {
        options = options.Copy();
        var (branches, logits, paths, photos) = Score(environment, model, scoring, data, options);
        return new ImageEvaluation(
            model.Labels.Names, branches, logits, paths, photos.Skipped, photos.UnlabeledCount, photos.Decoding, options);
    }

    /// <summary>Each branch's logits of all images, the sum's first, and the images' files.</summary>
    public static (IReadOnlyList<string> Branches, IReadOnlyList<LabeledLogits> Logits, IReadOnlyList<string?> Paths, LabeledPhotos Photos)
        Score(IHostEnvironment environment, ScorableModel model, ScoringOptions scoring, IDataView data, ImageEvaluationOptions options)
    {
        var photos = new LabeledPhotos(data, model, scoring, options);
        using var session = new BranchScoring(environment, model, scoring, typeof(ImageEvaluation));
        var logits = session.Branches.Select(_ => new List<float[]>()).ToList();
        var (labels, paths) = (new List<int>(), new List<string?>());
        foreach (var batch in photos.Batches(session.BatchSize, session.Prepare))
        {
            foreach (var (photo, branches) in batch.Zip(session.Score([.. batch.Select(photo => photo.Image)])))
            {
                for (var branch = 0; branch < branches.Length; branch++)
                {
                    Logits.ThrowIfNotFinite(branches[branch], photo.Path);
                    logits[branch].Add(branches[branch]);
                }
                labels.Add(photo.Label);
                paths.Add(photo.Path);
            }
        }
        if (!labels.Any(label => label >= 0))
            throw NoImages(photos, labels.Count);
        return (session.Branches, [.. logits.Select(branch => LabeledLogits.Of(branch, labels, model.Labels.Count))], paths, photos);
    }

    public static InvalidDataException NoImages(LabeledPhotos photos, int ofNoClass = 0) => new(
        $"There is no image to evaluate: {photos.UnlabeledCount} rows have no label, {photos.Skipped.Count} images cannot be used, and " +
        $"{ofNoClass} are of none of the classes.");
}
