using System.IO.Enumeration;

namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>A folder with a sub-folder of images for each class, named after it, as torchvision's ImageFolder has it.</summary>
internal static class ImageFolder
{
    private static readonly string[] _extensions = [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"];

    /// <summary>The images as a data view, in the order of <see cref="Enumerate"/>. Files are listed at once and read later.</summary>
    public static IDataView Load(DataOperationsCatalog catalog, string path) => catalog.LoadFromEnumerable(Enumerate(path));

    /// <summary>
    /// The image files of a folder: classes by the ordinal order of their names, and within a class files by that of their paths. Folders
    /// within a class belong to it. Names that begin with a dot are hidden and left out, as are files without an image's extension (.jpg,
    /// .jpeg, .png, .bmp, .gif, .webp in upper or lower case), and files beside the class folders. A class folder may be a link; links to
    /// folders within a class are not followed, as they may lead in circles.
    /// </summary>
    public static IReadOnlyList<ImageFile> Enumerate(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var root = Path.GetFullPath(path);
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"The image folder '{root}' does not exist.");

        var classes = Directory.GetDirectories(root)
            .Where(folder => !IsHidden(Path.GetFileName(folder))).Order(StringComparer.Ordinal).ToArray();
        if (classes.Length == 0)
            throw new InvalidDataException(
                $"The image folder '{root}' has no class folders; expected a folder of images for each class, named after it.");

        var files = new List<ImageFile>();
        foreach (var folder in classes)
        {
            var count = files.Count;
            var label = Path.GetFileName(folder);
            files.AddRange(Images(folder).Order(StringComparer.Ordinal).Select(file => new ImageFile { ImagePath = file, Label = label }));
            if (files.Count == count)
                throw new InvalidDataException(
                    $"The class folder '{folder}' has no images ({string.Join(", ", _extensions)}); add some, or remove the folder.");
        }
        return files;
    }

    private static FileSystemEnumerable<string> Images(string folder)
    {
        // By default .NET passes over what it may not read and over hidden files by the system's own notion.
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = 0 };
        return new FileSystemEnumerable<string>(folder, (ref entry) => entry.ToFullPath(), options)
        {
            ShouldIncludePredicate = (ref entry) =>
                !entry.IsDirectory && !IsHidden(entry.FileName) && HasImageExtension(entry.FileName),
            ShouldRecursePredicate = (ref entry) =>
                !IsHidden(entry.FileName) && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
    }

    private static bool IsHidden(ReadOnlySpan<char> name) => name.StartsWith('.');

    private static bool HasImageExtension(ReadOnlySpan<char> name) =>
        _extensions.Contains(Path.GetExtension(name).ToString(), StringComparer.OrdinalIgnoreCase);
}

/// <summary>A row of an image folder; the properties are the columns' names.</summary>
internal sealed class ImageFile
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";
}
