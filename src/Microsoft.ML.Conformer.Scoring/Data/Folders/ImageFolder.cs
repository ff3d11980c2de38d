namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>A folder of class folders, as torchvision's ImageFolder has it, or of parts (train, val, test) with class folders.</summary>
internal static class ImageFolder
{
    /// <summary>Lists a folder of class folders.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It has no classes, or one without images, or holds parts.</exception>
    public static ImageListing ReadClasses(string path, ImageFolderOptions options)
    {
        var root = Open(path);
        var parts = Parts(root);
        return parts.Count == 0
            ? Classes(root, options)
            : throw new InvalidDataException(
                $"The folder '{VisibleText.OfPath(root.Path)}' holds parts of a data set, {Names(parts.Values)}, and not classes. " +
                "LoadImageSplits takes them; or give the folder of one part.");
    }

    /// <summary>Lists a folder of class folders, all of which is to train on, or of parts.</summary>
    /// <inheritdoc cref="ReadClasses" path="/exception"/>
    public static ImageListing Read(string path, ImageFolderOptions options)
    {
        var root = Open(path);
        var parts = Parts(root);
        if (parts.Count == 0)
            return Classes(root, options);

        var passedOver = new PassedOver();
        passedOver.Add(root.PassedOver);
        foreach (var outside in root.Images.Concat(root.Folders.Except(parts.Values).Select(folder => folder.Path)))
            passedOver.Add(PassedOver.Outside, outside);
        List<ImagePart> listed =
        [
            .. parts.Select(part => new ImagePart(
                part.Key, $"'{VisibleText.Of(part.Value.Name)}'",
                ClassFolders.Read(part.Value, options.IncludeSubfolders, mayBeEmpty: part.Key != DataPart.Training, passedOver))),
        ];
        return new ImageListing(root.Path, listed, passedOver);
    }

    private static ImageListing Classes(FolderTree root, ImageFolderOptions options)
    {
        var passedOver = new PassedOver();
        var files = ClassFolders.Read(root, options.IncludeSubfolders, mayBeEmpty: false, passedOver);
        var part = new ImagePart(DataPart.Training, $"'{VisibleText.Of(root.Name)}'", files);
        return new ImageListing(root.Path, [part], passedOver);
    }

    private static FolderTree Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var root = new FolderTree(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (File.Exists(root.Path))
            throw new DirectoryNotFoundException(
                $"'{VisibleText.OfPath(root.Path)}' is a file, not a folder of images. LoadImageSplits reads a manifest, " +
                $"{ImageManifest.Extensions}.");
        if (!Directory.Exists(root.Path))
            throw new DirectoryNotFoundException($"The image folder or manifest '{VisibleText.OfPath(root.Path)}' does not exist.");
        return root.IsUnreadable
            ? throw new UnauthorizedAccessException($"The image folder '{VisibleText.OfPath(root.Path)}' cannot be read.")
            : root;
    }

    /// <summary>
    /// The folders that are parts; none where folders of these names are classes: where all have images of their own, and none has folders
    /// of images unless another folder is plainly a class.
    /// </summary>
    /// <exception cref="InvalidDataException">They are neither; the message says why.</exception>
    private static SortedDictionary<DataPart, FolderTree> Parts(FolderTree root)
    {
        var named = root.Folders.Where(folder => DataPartNames.Of(folder.Name) is not null).ToList();
        if (named.Count == 0)
            return [];
        var other = root.Folders.Except(named).FirstOrDefault(folder => folder.HoldsImages);
        var haveImages = named.All(folder => folder.Images.Count > 0);
        if (haveImages && (other is not null || !named.Any(folder => folder.HoldsClasses)))
            return [];

        var parts = new SortedDictionary<DataPart, FolderTree>();
        var twins = named.Where(folder => !parts.TryAdd(DataPartNames.Of(folder.Name)!.Value, folder)).ToList();
        var fault = named.FirstOrDefault(folder => !folder.HoldsClasses) is { } empty
            ? $"'{VisibleText.Of(empty.Name)}' has no folders with images"
            : other is not null ? $"the folder '{VisibleText.Of(other.Name)}' beside them has images"
            : haveImages ? "they hold both images and folders of images"
            : twins.Count > 0 ? $"{Names([parts[DataPartNames.Of(twins[0].Name)!.Value], twins[0]])} mean the same part"
            : !parts.ContainsKey(DataPart.Training) ? "there is no part to train on, named train"
            : null;
        return fault is null
            ? parts
            : throw new InvalidDataException(
                $"The folder '{VisibleText.OfPath(root.Path)}' looks like one with parts of a data set, {Names(named)}, but {fault}. " +
                "Parts hold class folders, and classes hold images. Move or rename folders, or list the images in a manifest, " +
                $"{ImageManifest.Extensions}{root.PassedOver.InBrackets()}.");
    }

    private static string Names(IEnumerable<FolderTree> folders) =>
        string.Join(" and ", folders.Select(folder => $"'{VisibleText.Of(folder.Name)}'"));
}
