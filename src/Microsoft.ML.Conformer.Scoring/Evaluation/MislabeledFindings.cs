using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Evaluation;

/// <summary>What a model has to say to the labels of a folder's images.</summary>
internal static class MislabeledFindings
{
    /// <exception cref="InvalidDataException">The images have classes that the model lacks; the message names them.</exception>
    public static void ThrowIfAnyIsUnknown(ClassLabels known, ImageListing listing)
    {
        string[] unknown = [.. listing.Parts.SelectMany(part => part.Files).Select(file => file.Label).Except(known.Names)];
        if (unknown.Length > 0)
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(listing.Root)}' has classes that the model lacks: {VisibleText.List(unknown)}. The model's " +
                $"classes are {VisibleText.List(known.Names)}. Take a model of these classes, or check without one.");
    }

    public static IEnumerable<ImageFinding> Find(
        IHostEnvironment environment, ScorableModel model, ScoringOptions scoring, IReadOnlyList<CheckedImage> images,
        ImageCheckOptions options)
    {
        // The labels of training images were memorized.
        var training = DataPartNames.Word(DataPart.Training);
        var asked = images.Where(image => image.Part != training).ToList();
        // A manifest may list an image twice, also as of two classes.
        var named = (asked.Count > 0 ? asked : images).DistinctBy(image => (image.Path, image.Class))
            .ToDictionary(image => (image.Path, image.Class));
        if (named.Count == 0)
            return [];
        var data = CallerEnvironment.Data(environment)
            .LoadFromEnumerable(named.Values.Select(image => new ImageFile { ImagePath = image.Path, Label = image.Class }));
        var ofFiles = model with { Columns = model.Columns with { Image = nameof(ImageFile.ImagePath) } };
        scoring = scoring.Copy();
        (scoring.BadImages, scoring.MaxImagePixels) = (BadImagePolicy.Skip, options.MaxImagePixels);
        var (_, logits, paths, _) = ImageEvaluator.Score(environment, ofFiles, scoring, data, new ImageEvaluationOptions
        {
            LabelColumnName = nameof(ImageFile.Label),
            Progress = options.Progress,
            CancellationToken = options.CancellationToken,
        });
        return MislabeledImage.Find(new ScoredImages(logits[0]), model.Labels.Names, paths).Select(image => new ImageFinding(
            ImageFindingKind.LikelyMislabeled, [named[(image.Path!, image.GivenClass)]], FormattableString.Invariant(
                $"Labeled '{VisibleText.Of(image.GivenClass)}' ({image.GivenProbability:0.000}); ") + FormattableString.Invariant(
                $"'{VisibleText.Of(image.SuggestedClass)}' is likelier ({image.SuggestedProbability:0.000}).")));
    }
}
