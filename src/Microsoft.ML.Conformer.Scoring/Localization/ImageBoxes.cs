namespace Microsoft.ML.Conformer;

/// <summary>
/// Reads where the objects in images are, to measure how well a classifier that was trained on labels alone finds them (weakly supervised
/// object localization). What is read is boxes by the full paths of the images, as
/// <see cref="Path.GetFullPath(string)">Path.GetFullPath</see> gives them; the images themselves are not looked at, and need not be there.
/// </summary>
public static class ImageBoxes
{
    private static readonly string[] _columns = ["path", "left", "top", "width", "height"];

    private static StringComparer PathComparer =>
        OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>
    /// Reads comma-separated values: a header with <c>path</c>, <c>left</c>, <c>top</c>, <c>width</c> and <c>height</c>, in any order
    /// among other columns, and a line for each box; an image may have several.
    /// </summary>
    /// <param name="path">The file, in UTF-8. Paths in it are relative to its folder.</param>
    /// <returns>The boxes of each image, in the file's order; left and top in pixels from the upright image's edges.</returns>
    /// <exception cref="InvalidDataException">
    /// It is no plain file, lists no boxes, lacks a column, or a line is wrong: the message names the file and the line.
    /// </exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<ImageBox>> ReadCsv(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = Path.GetFullPath(path);
        PlainFile.ThrowIfOther(file);
        var root = Path.GetDirectoryName(file)!;
        var boxes = ByImage(CsvRow.Read(file, _columns).Select(row => Read(row, file, root)));
        return boxes.Count > 0 ? boxes : throw new InvalidDataException($"'{VisibleText.OfPath(file)}' lists no boxes.");
    }

    /// <summary>
    /// Reads the boxes of the birds of CUB-200-2011 (Wah et al., "The Caltech-UCSD Birds-200-2011 Dataset", 2011), one for each image, or
    /// of a data set that has the same files.
    /// </summary>
    /// <param name="folder">
    /// The folder with images.txt, bounding_boxes.txt and the folder images, which the paths in images.txt are relative to.
    /// </param>
    /// <param name="forTraining">
    /// Which images: true for those that train_test_split.txt says are to train on, false for those to test with; null, the default, for
    /// all, and that file is not read.
    /// </param>
    /// <returns>The boxes of each image, with the numbers that the files have.</returns>
    /// <exception cref="InvalidDataException">
    /// A line of a file is wrong, or an image has no box or is not in the split: the message names the file and the line or the image.
    /// </exception>
    /// <exception cref="IOException">A file is absent or cannot be read.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<ImageBox>> ReadCub(string folder, bool? forTraining = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return ByImage(new CubFolder(Path.GetFullPath(folder)).Read(forTraining));
    }

    private static (string Image, ImageBox Box) Read(CsvRow row, string file, string root)
    {
        var fault = ImageFileNames.FaultOfPath(row.Fields[0]);
        if (fault is null && ImageBox.TryParse(row.Fields.AsSpan(1), out var box, out fault))
            return (Path.GetFullPath(row.Fields[0]!, root), box);
        throw new InvalidDataException($"'{VisibleText.OfPath(file)}', line {row.Line}: {fault}.");
    }

    private static Dictionary<string, IReadOnlyList<ImageBox>> ByImage(IEnumerable<(string Image, ImageBox Box)> boxes) => boxes
        .GroupBy(one => one.Image, one => one.Box, PathComparer)
        .ToDictionary(image => image.Key, image => (IReadOnlyList<ImageBox>)[.. image], PathComparer);
}
