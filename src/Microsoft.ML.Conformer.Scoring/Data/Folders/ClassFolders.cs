namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>The class folders of a folder: each is named after its class and holds its images.</summary>
internal static class ClassFolders
{
    /// <summary>
    /// Lists the images. A class folder may be a link; links to folders inside a class are not followed. Folders whose names differ in
    /// Unicode form alone are one class.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no class, or one has no images and must have some.</exception>
    public static IReadOnlyList<ImageFile> Read(FolderTree root, bool includeSubfolders, bool mayBeEmpty, PassedOver passedOver)
    {
        passedOver.Add(root.PassedOver);
        foreach (var image in root.Images)
            passedOver.Add(PassedOver.Outside, image);

        var files = new List<ImageFile>();
        var empty = new List<string>();
        foreach (var folders in root.Folders.GroupBy(folder => UnicodeForm.C(folder.Name)))
        {
            var count = files.Count;
            foreach (var folder in folders)
                files.AddRange(Images(folder).Select(path => new ImageFile { ImagePath = path, Label = folders.Key }));
            if (files.Count == count)
                empty.Add(folders.Key);
        }
        if (files.Count == 0 && empty.Count == 0)
            throw new InvalidDataException(
                $"The image folder '{VisibleText.OfPath(root.Path)}' has no class folders; expected a folder of images for each class, " +
                $"named after it{passedOver.InBrackets()}.");
        if (empty.Count > 0 && !mayBeEmpty)
            throw new InvalidDataException(
                $"Class folders of '{VisibleText.OfPath(root.Path)}' have no images ({ImageFileNames.Extensions}): " +
                $"{VisibleText.List(empty)}. Add some, or remove the folders{passedOver.InBrackets()}.");
        return ImagePart.Sorted(files);

        IEnumerable<string> Images(FolderTree folder)
        {
            passedOver.Add(folder.PassedOver);
            foreach (var image in folder.Images)
                yield return image;
            foreach (var inner in folder.Folders)
                if (inner.IsLink)
                    passedOver.Add(PassedOver.LinkedFolder, inner.Path);
                else if (!includeSubfolders)
                    passedOver.Add(PassedOver.Subfolder, inner.Path);
                else
                    foreach (var image in Images(inner))
                        yield return image;
        }
    }
}
