namespace Conformer.Cli.Evaluating;

/// <summary>Which images of a data set are evaluated.</summary>
internal enum ImagePartChoice
{
    /// <summary>The test images; where there are none the validation images; of class folders alone all.</summary>
    Auto,
    Training,
    Validation,
    Test,
    All,
}

/// <summary>The images of a folder or a manifest.</summary>
internal static class EvaluatedImages
{
    /// <summary>Whether the data have such a part.</summary>
    public static bool Has(string path, DataPart part) => Listing(path)[part] is not null;

    /// <exception cref="InvalidDataException">The data have no such part.</exception>
    public static IReadOnlyList<ImageFile> Load(string path, ImagePartChoice choice)
    {
        var listing = Listing(path);
        ImagePart? part = choice switch
        {
            ImagePartChoice.Auto => listing[DataPart.Test] ?? listing[DataPart.Validation] ?? listing[DataPart.Training],
            ImagePartChoice.Training => listing[DataPart.Training],
            ImagePartChoice.Validation => listing[DataPart.Validation],
            ImagePartChoice.Test => listing[DataPart.Test],
            _ => null,
        };
        return choice == ImagePartChoice.All ? [.. listing.Parts.SelectMany(one => one.Files)]
            : part?.Files ?? throw new InvalidDataException(
                $"'{VisibleText.OfPath(path)}' has no {choice.ToString().ToLowerInvariant()} images (--part); it has " +
                $"{string.Join(" and ", listing.Parts.Select(one => DataPartNames.Word(one.Part)))} images.");
    }

    private static ImageListing Listing(string path) =>
        File.Exists(path) ? ImageManifest.Read(path) : ImageFolder.Read(path, new ImageFolderOptions());
}
