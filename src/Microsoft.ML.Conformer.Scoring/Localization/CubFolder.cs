namespace Microsoft.ML.Conformer.Localization;

/// <summary>
/// The lists of CUB-200-2011. In each, a line begins with an image's number and a space: its path, its box (left, top, width, height) or
/// whether it is to train on (1 or 0) follows.
/// </summary>
/// <param name="folder">The full path.</param>
internal sealed class CubFolder(string folder)
{
    private const string Images = "images.txt", Boxes = "bounding_boxes.txt", Split = "train_test_split.txt";

    /// <param name="forTraining">Which images; null for all.</param>
    /// <exception cref="InvalidDataException">A line is wrong, or an image is not in all lists.</exception>
    public List<(string Image, ImageBox Box)> Read(bool? forTraining)
    {
        var (images, boxes) = (ReadList(Images), ReadList(Boxes));
        var split = forTraining is null ? [] : ReadList(Split);
        var root = Path.Combine(folder, "images");
        var found = new List<(string, ImageBox)>(images.Count);
        foreach (var (number, image) in images)
        {
            if (ImageFileNames.FaultOfPath(image.Value) is { } fault)
                throw Wrong(Images, image, fault);
            if (forTraining is null || forTraining == IsToTrainOn(Of(number, split, Split)))
                found.Add((Path.GetFullPath(image.Value, root), Box(Of(number, boxes, Boxes))));
        }
        return found;
    }

    private ImageBox Box(Entry entry)
    {
        var fields = entry.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var fault = $"expected an image's number, left, top, width and height; found {fields.Length + 1} numbers";
        return fields.Length == 4 && ImageBox.TryParse(fields, out var box, out fault) ? box : throw Wrong(Boxes, entry, fault!);
    }

    private bool IsToTrainOn(Entry entry) => entry.Value switch
    {
        "1" => true,
        "0" => false,
        var other => throw Wrong(Split, entry, $"expected an image's number and 1 or 0; found '{VisibleText.Of(other)}'"),
    };

    private Entry Of(string number, Dictionary<string, Entry> entries, string list) => entries.TryGetValue(number, out var entry)
        ? entry
        : throw new InvalidDataException($"'{PathOf(list)}' has no line of image {VisibleText.Of(number)}, which {Images} lists.");

    private Dictionary<string, Entry> ReadList(string list)
    {
        var file = Path.Combine(folder, list);
        PlainFile.ThrowIfOther(file);
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        using var reader = new BoundedTextReader(file);
        for (var line = 1; reader.ReadLine() is { } text; line++)
        {
            var parts = text.Trim().Split(' ', 2, StringSplitOptions.TrimEntries);
            if (parts[0].Length == 0)
                continue;
            var entry = new Entry(line, parts.Length == 2 ? parts[1] : "");
            if (!entries.TryAdd(parts[0], entry))
                throw Wrong(list, entry, $"image {VisibleText.Of(parts[0])} is in line {entries[parts[0]].Line} already");
        }
        return entries;
    }

    private InvalidDataException Wrong(string list, Entry entry, string fault) => new($"'{PathOf(list)}', line {entry.Line}: {fault}.");

    private string PathOf(string list) => VisibleText.OfPath(Path.Combine(folder, list));

    private readonly record struct Entry(int Line, string Value);
}
