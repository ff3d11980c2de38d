namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>A file that lists images: comma-separated values with a header, or lines of JSON.</summary>
internal static class ImageManifest
{
    private const string Csv = ".csv", JsonLines = ".jsonl";

    /// <summary>The extensions of manifests, for messages.</summary>
    public const string Extensions = Csv + " or " + JsonLines;

    /// <summary>Lists the images, all to train on where no row has a split. Paths are relative to the manifest.</summary>
    /// <exception cref="InvalidDataException">The file is of another kind, or a row is wrong; the message names the line.</exception>
    /// <exception cref="FileNotFoundException">Images do not exist; the message names the first one's line.</exception>
    public static ImageListing Read(string path)
    {
        var file = Path.GetFullPath(path);
        if (PlainFile.OtherKind(file) is { } kind)
            throw new InvalidDataException($"'{VisibleText.OfPath(file)}' is {kind}, neither a folder nor a manifest, {Extensions}.");
        var rows = Path.GetExtension(file).ToLowerInvariant() switch
        {
            Csv => ManifestRow.ReadCsv(file),
            JsonLines => ManifestRow.ReadJsonLines(file),
            _ => throw new InvalidDataException($"'{VisibleText.OfPath(file)}' is neither a folder nor a manifest, {Extensions}."),
        };
        var root = Path.GetDirectoryName(file)!;
        var listed = rows.Select(row => Listed(row, file, root)).ToList();
        if (listed.Count == 0)
            throw new InvalidDataException($"The manifest '{VisibleText.OfPath(file)}' lists no images.");
        ThrowIfSplitIsLacking(listed, file);
        ThrowIfAbsent(listed, file);
        var parts = listed.GroupBy(one => one.Part ?? DataPart.Training).OrderBy(part => part.Key).Select(part => new ImagePart(
            part.Key, $"'{VisibleText.Of(part.First().Row.Split ?? Path.GetFileName(file))}'",
            ImagePart.Sorted(part.Select(one => one.Image))));
        return new ImageListing(root, [.. parts], new PassedOver());
    }

    private static Entry Listed(ManifestRow row, string file, string root)
    {
        var split = string.IsNullOrWhiteSpace(row.Split) ? null : row.Split.Trim();
        var part = split is null ? null : DataPartNames.Of(split);
        var fault = ImageFileNames.FaultOfPath(row.Path) is { } faultOfPath ? faultOfPath
            : string.IsNullOrWhiteSpace(row.Label) ? "it has no label"
            : ImageFileNames.MayNotBeUtf8(row.Label) ? ImageFileNames.NotUtf8
            : split is not null && part is null ? $"the split is '{VisibleText.Of(split)}'; it must be one of {DataPartNames.All}"
            : null;
        if (fault is not null)
            throw new InvalidDataException($"'{VisibleText.OfPath(file)}', line {row.Line}: {fault}.");
        var image = new ImageFile { ImagePath = Path.GetFullPath(row.Path!, root), Label = UnicodeForm.C(row.Label!.Trim()) };
        return new Entry(row with { Split = split }, part, image);
    }

    private static void ThrowIfSplitIsLacking(List<Entry> listed, string file)
    {
        if (listed.Any(one => one.Part is not null) && listed.FirstOrDefault(one => one.Part is null) is { } without)
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(file)}', line {without.Row.Line}: it has no split, and other lines have one.");
    }

    private static void ThrowIfAbsent(List<Entry> listed, string file)
    {
        var absent = listed.Where(one => !File.Exists(one.Image.ImagePath)).ToList();
        if (absent.Count > 0)
            throw new FileNotFoundException(
                $"'{VisibleText.OfPath(file)}', line {absent[0].Row.Line}: there is no file " +
                $"'{VisibleText.OfPath(absent[0].Image.ImagePath)}'" +
                (absent.Count > 1 ? $"; in all {absent.Count} are absent." : "."), absent[0].Image.ImagePath);
    }

    private sealed record Entry(ManifestRow Row, DataPart? Part, ImageFile Image);
}
