using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>
/// Reads which file a row's image comes from, before the image is decoded: out of the text column that most likely names the files, one
/// whose name ends with Path, File or FileName. Errors name that file. If it is an image of too many pixels, it is not decoded; since a
/// column of such a name may also tell of something else, this begins with the first image that is known to come from it, but for the
/// column ImagePath, where ML.NET's loaders and this library's have the files.
/// </summary>
internal sealed class ImagePathReader
{
    private const string ImagePath = "ImagePath";

    private static readonly string[] _endings = [ImagePath, "Path", "File", "FileName"];

    private readonly ValueGetter<ReadOnlyMemory<char>>? _getter;
    private string _folder = "";
    private bool _namesTheImages;

    /// <param name="row">Moves from row to row. Where the column is absent or inactive, no paths are known.</param>
    /// <param name="found">The column; null where there is none.</param>
    public ImagePathReader(DataViewRow row, DataViewSchema.Column? found)
    {
        if (found is not { } column || !row.IsColumnActive(column))
            return;
        _getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        _namesTheImages = column.Name == ImagePath;
    }

    public static DataViewSchema.Column? FindColumn(DataViewSchema schema) => _endings
        .SelectMany(ending => schema.Where(column => column.Type is TextDataViewType && !column.IsHidden &&
            (column.Name.EndsWith(ending, StringComparison.Ordinal) || column.Name.Equals(ending, StringComparison.OrdinalIgnoreCase))))
        .Cast<DataViewSchema.Column?>().FirstOrDefault();

    /// <summary>The current row's text; empty where there is none.</summary>
    public string Read()
    {
        var text = ReadOnlyMemory<char>.Empty;
        _getter?.Invoke(ref text);
        return text.ToString();
    }

    /// <summary>The file that the current row's image will come from, or null where that is unknown or no such file has contents.</summary>
    public string? ReadImageFile()
    {
        if (!_namesTheImages)
            return null;
        var file = PlainFile.Target(Path.Combine(_folder, Read() is { Length: > 0 } text ? text : "."));
        return file is { Exists: true, Length: > 0 } ? file.FullName : null; // pipes and devices have no length
    }

    /// <summary>Learns LoadImages' imageFolder, to which the texts are relative, from where the current row's image came.</summary>
    public void LearnFolder(string file)
    {
        var text = Read();
        if (text.Length == 0 || !file.EndsWith(text, StringComparison.Ordinal))
            return;
        _folder = file[..^text.Length];
        _namesTheImages = true;
    }
}
