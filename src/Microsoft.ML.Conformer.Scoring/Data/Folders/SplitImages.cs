namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>The parts of listed images, those that were lacking drawn from the training images, and what to say about them.</summary>
internal sealed class SplitImages
{
    private static readonly DataPart[] _all = Enum.GetValues<DataPart>();

    private readonly ImageListing _listing;
    private readonly Dictionary<DataPart, double> _drawn;
    private readonly Dictionary<DataPart, IReadOnlyList<ImageFile>> _files;
    private readonly List<ImageClassCount> _classes;
    private readonly int _seed;

    /// <exception cref="InvalidDataException">A class has too few images to draw from.</exception>
    public SplitImages(ImageListing listing, ImageFolderOptions options)
    {
        (_listing, _seed) = (listing, options.Seed);
        _drawn = new Dictionary<DataPart, double>
        {
            [DataPart.Validation] = options.ValidationFraction,
            [DataPart.Test] = options.TestFraction,
        }.Where(part => part.Value > 0 && listing[part.Key] is null).ToDictionary();
        _files = listing.Parts.ToDictionary(part => part.Part, part => part.Files);
        if (_drawn.Count > 0)
            foreach (var (part, files) in new StratifiedSplit(listing, _seed).Draw(_drawn))
                _files[part] = files;

        var counts = _files.ToDictionary(part => part.Key, part => part.Value.CountBy(file => file.Label).ToDictionary());
        _classes =
        [
            .. _files[DataPart.Training].Select(file => file.Label).Distinct().Select(label =>
                new ImageClassCount(label, Of(DataPart.Training, label), Of(DataPart.Validation, label), Of(DataPart.Test, label))),
        ];

        int Of(DataPart part, string label) => counts.GetValueOrDefault(part)?.GetValueOrDefault(label) ?? 0;
    }

    public ImageSplits Load(DataOperationsCatalog catalog) => new(
        catalog.LoadFromEnumerable(_files[DataPart.Training]),
        catalog.LoadFromEnumerable(_files[DataPart.Validation]),
        _files.TryGetValue(DataPart.Test, out var test) ? catalog.LoadFromEnumerable(test) : null,
        _classes,
        string.Join(Environment.NewLine, Lines()));

    private IEnumerable<string> Lines()
    {
        yield return ClassCounts(_classes.Count, _classes.Min(one => one.Training), _classes.Max(one => one.Training));
        yield return "images: " + string.Join(", ", Present().Select(part =>
            FormattableString.Invariant($"{_files[part].Count:N0} {Purpose(part)}")));
        yield return $"split of '{VisibleText.OfPath(_listing.Root)}': " + string.Join("; ", Present().Select(Origin));
        if (_listing.PassedOver.Describe() is { } passedOver)
            yield return passedOver;
        foreach (var part in Present().Where(part => part != DataPart.Training))
            if (Without(part) is { Length: > 0 } without)
                yield return $"warning: {_listing[part]!.Name} has no images of these classes, whose recall stays unknown: " +
                    VisibleText.List(without);
    }

    private static string ClassCounts(int classes, int fewest, int most) =>
        FormattableString.Invariant($"classes: {classes:N0}; training images of each: {fewest:N0}") +
        (most > fewest ? FormattableString.Invariant($" to {most:N0}") : "");

    private static string Purpose(DataPart part) => part switch
    {
        DataPart.Training => "to train on",
        DataPart.Validation => "to validate with",
        _ => "held out",
    };

    private IEnumerable<DataPart> Present() => _all.Where(_files.ContainsKey);

    private string Origin(DataPart part) => _drawn.TryGetValue(part, out var fraction)
        ? FormattableString.Invariant(
            $"{DataPartNames.Word(part)} is {100 * fraction:0.##} % of each class of it, as there is no such part (seed {_seed})")
        : $"{DataPartNames.Word(part)} is {(part == DataPart.Training && _drawn.Count > 0 ? "the rest of " : "")}{_listing[part]!.Name}";

    private string[] Without(DataPart part) =>
        [.. _classes.Where(one => (part == DataPart.Validation ? one.Validation : one.Test) == 0).Select(one => one.Name)];
}
