namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>What a folder or a manifest lists.</summary>
/// <param name="Root">The folder, or the manifest's: what images are drawn by is their path below it, so that it may be moved.</param>
/// <param name="Parts">The parts that are there, at most one of each kind.</param>
/// <param name="PassedOver">What was no image or class.</param>
internal sealed record ImageListing(string Root, IReadOnlyList<ImagePart> Parts, PassedOver PassedOver)
{
    /// <summary>The images of a part; null where the data have no such part.</summary>
    public ImagePart? this[DataPart part] => Parts.SingleOrDefault(one => one.Part == part);

    /// <summary>The numbers of classes and images and what was passed over, in one line.</summary>
    public string Describe()
    {
        var files = Parts.SelectMany(part => part.Files).ToList();
        var passedOver = PassedOver.Describe() is { } line ? $"; {line}" : "";
        var counts = FormattableString.Invariant(
            $"{files.Select(file => file.Label).Distinct().Count():N0} classes, {files.Count:N0} images");
        return $"'{VisibleText.OfPath(Root)}': {counts}{passedOver}.";
    }

    /// <summary>Checks, of data to train on, what would give a model other classes than people mean.</summary>
    /// <exception cref="InvalidDataException">
    /// Two classes differ in case alone, there is nothing to train on, or a part has a class without an image to train on.
    /// </exception>
    public ImageListing Checked()
    {
        var classes = Parts.SelectMany(part => part.Files).DistinctBy(file => file.Label);
        if (classes.GroupBy(file => file.Label, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1) is { } same)
        {
            var names = same.Take(2).Select(file => $"'{VisibleText.Of(file.Label)}' ('{VisibleText.OfPath(file.ImagePath)}')");
            throw new InvalidDataException(
                $"Classes of '{VisibleText.OfPath(Root)}' differ in case only: {string.Join(" and ", names)}. Give them one name.");
        }

        var training = this[DataPart.Training] ?? throw new InvalidDataException(
            $"There is nothing to train on in '{VisibleText.OfPath(Root)}': it has " +
            $"{string.Join(" and ", Parts.Select(part => part.Name))} alone. Add a part named train.");
        foreach (var part in Parts)
            if (Unknown(part, training) is { Length: > 0 } unknown)
                throw new InvalidDataException(
                    $"{part.Name} of '{VisibleText.OfPath(Root)}' has classes that {training.Name} lacks: {VisibleText.List(unknown)}." +
                    UnicodeForm.Hint(unknown));
        return this;
    }

    private static string[] Unknown(ImagePart part, ImagePart training) =>
        [.. part.Files.Select(file => file.Label).Except(training.Files.Select(file => file.Label))];
}

/// <summary>The images of a part, sorted by class, then by path.</summary>
/// <param name="Part">What they are for.</param>
/// <param name="Name">What the user calls the part, such as 'valid', fit for a message.</param>
/// <param name="Files">The images.</param>
internal sealed record ImagePart(DataPart Part, string Name, IReadOnlyList<ImageFile> Files)
{
    /// <summary>Sorts images by class, then by path, in ordinal order.</summary>
    public static IReadOnlyList<ImageFile> Sorted(IEnumerable<ImageFile> files) =>
        [.. files.OrderBy(file => file.Label, StringComparer.Ordinal).ThenBy(file => file.ImagePath, StringComparer.Ordinal)];
}

/// <summary>An image file and its class: a row; the properties are the columns' names.</summary>
internal sealed class ImageFile
{
    /// <summary>The full path.</summary>
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";
}
