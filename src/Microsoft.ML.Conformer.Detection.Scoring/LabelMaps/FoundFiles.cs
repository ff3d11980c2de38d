namespace Microsoft.ML.Conformer.Detection.LabelMaps;

/// <summary>Images and label maps that belong together by their names.</summary>
internal sealed class FoundFiles
{
    private const string Extension = ".png";

    private readonly List<LabeledImage> _pairs = [];

    private FoundFiles(string folder) => Folder = folder;

    /// <summary>The folder, for messages.</summary>
    public string Folder { get; }

    public IReadOnlyList<LabeledImage> Pairs => _pairs;

    public AnnotationFindings Findings { get; } = new();

    /// <summary>All images in and below a folder, in the order of their paths.</summary>
    /// <param name="images">The images' folder.</param>
    /// <param name="labels">The label maps' folder, which has the same folders in it.</param>
    /// <param name="mapName">
    /// The map's name by that of its image, both without extension; null where the name says that it is no image of these.
    /// </param>
    /// <param name="tellsOrphans">Whether each map should have an image.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static FoundFiles InFolders(
        string images, string labels, Func<string, string?> mapName, bool tellsOrphans)
    {
        foreach (var folder in (string[])[images, labels])
            if (!Directory.Exists(folder))
                throw new DirectoryNotFoundException($"There is no folder '{VisibleText.OfPath(folder)}'.");
        var found = new FoundFiles(images);
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var image in new FolderTree(images).AllImages)
        {
            var folder = Path.GetRelativePath(images, Path.GetDirectoryName(image)!);
            if (mapName(Path.GetFileNameWithoutExtension(image)) is { } name)
                used.Add(found.Add(image, Path.GetFullPath(Path.Combine(labels, folder, name + Extension))));
        }
        foreach (var map in tellsOrphans ? new FolderTree(labels).AllImages.Where(map => !used.Contains(map)) : [])
            found.Findings.Add(AnnotationFault.MissingImage, map, null, null, "there is no image of this name");
        return found;
    }

    /// <summary>The images that a list names, without extension, in its order.</summary>
    /// <param name="list">The list.</param>
    /// <param name="images">The images' folder.</param>
    /// <param name="labels">The label maps' folder.</param>
    /// <exception cref="InvalidDataException">A name in the list cannot be one.</exception>
    /// <exception cref="IOException">The list is absent or cannot be read.</exception>
    public static FoundFiles InList(string list, string images, string labels)
    {
        PlainFile.ThrowIfOther(list);
        var found = new FoundFiles(images);
        using var reader = new BoundedTextReader(list);
        while (reader.ReadLine() is { } line)
        {
            if (line.Trim() is not { Length: > 0 } name)
                continue;
            if (ImageFileNames.FaultOfPath(name) is { } fault)
                throw new InvalidDataException($"'{VisibleText.OfPath(list)}': {fault}.");
            if (ImageFileNames.Find(Path.Combine(images, name)) is not { } image)
                found.Findings.Add(
                    AnnotationFault.MissingImage, list, name, null, $"it is not in '{VisibleText.OfPath(images)}'");
            else
                found.Add(image, Path.Combine(labels, name + Extension));
        }
        return found;
    }

    /// <summary>Returns the map.</summary>
    private string Add(string image, string map)
    {
        if (File.Exists(map))
            _pairs.Add(new LabeledImage(image, map));
        else
            Findings.Add(AnnotationFault.MissingLabelMap, image, null, null, $"there is no file '{VisibleText.OfPath(map)}'");
        return map;
    }
}
