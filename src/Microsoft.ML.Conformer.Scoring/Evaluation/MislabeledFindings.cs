using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Evaluation;

/// <summary>What a model has to say to the labels of a folder's images.</summary>
internal static class MislabeledFindings
{
    public static IEnumerable<ImageFinding> Find(
        IHostEnvironment environment, ScorableModel model, ScoringOptions scoring, IReadOnlyList<CheckedImage> images,
        ImageCheckOptions options)
    {
        // The labels of training images were learned by heart.
        var training = DataPartNames.Word(DataPart.Training);
        var byPath = images.Where(image => image.Part != training).ToDictionary(image => image.Path);
        if (byPath.Count == 0)
            byPath = images.ToDictionary(image => image.Path);
        if (byPath.Count == 0)
            return [];
        var data = CallerEnvironment.Data(environment)
            .LoadFromEnumerable(byPath.Values.Select(image => new ImageFile { ImagePath = image.Path, Label = image.Class }));
        var ofFiles = model with { Columns = model.Columns with { Image = nameof(ImageFile.ImagePath) } };
        scoring = scoring.Copy();
        (scoring.BadImages, scoring.MaxImagePixels) = (BadImagePolicy.Skip, options.MaxImagePixels);
        var evaluation = ImageEvaluator.Evaluate(environment, ofFiles, scoring, data, new ImageEvaluationOptions
        {
            LabelColumnName = nameof(ImageFile.Label),
            Resamples = 1, // none of the intervals is looked at
            Progress = options.Progress,
            CancellationToken = options.CancellationToken,
        });
        return evaluation.LikelyMislabeled.Select(image => new ImageFinding(
            ImageFindingKind.LikelyMislabeled, [byPath[image.Path!]], FormattableString.Invariant(
                $"Labeled '{VisibleText.Of(image.GivenClass)}' ({image.GivenProbability:0.000}); ") + FormattableString.Invariant(
                $"'{VisibleText.Of(image.SuggestedClass)}' is likelier ({image.SuggestedProbability:0.000}).")));
    }
}
