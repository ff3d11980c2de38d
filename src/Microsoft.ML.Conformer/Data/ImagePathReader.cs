using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Data;

/// <summary>
/// Reads which file a row's image comes from, before the image is decoded: out of the text column that most likely names the files, one
/// whose name ends with Path, File or FileName. Errors name that file, and if it is an image of too many pixels, it is not decoded.
/// </summary>
internal sealed class ImagePathReader
{
    private static readonly string[] _endings = ["ImagePath", "Path", "File", "FileName"];

    private readonly ValueGetter<ReadOnlyMemory<char>>? _getter;
    private string _folder = "";

    /// <param name="row">Moves from row to row. Where the column is absent or inactive, no paths are known.</param>
    public ImagePathReader(DataViewRow row)
    {
        if (FindColumn(row.Schema) is { } column && row.IsColumnActive(column))
            _getter = row.GetGetter<ReadOnlyMemory<char>>(column);
    }

    /// <summary>The text column that most likely names the files, or null.</summary>
    public static DataViewSchema.Column? FindColumn(DataViewSchema schema)
    {
        var texts = schema.Where(column => column.Type is TextDataViewType && !column.IsHidden).ToList();
        foreach (var ending in _endings)
        {
            var index = texts.FindIndex(
                column => column.Name.EndsWith(ending, StringComparison.Ordinal) ||
                    column.Name.Equals(ending, StringComparison.OrdinalIgnoreCase));
            if (index >= 0)
                return texts[index];
        }
        return null;
    }

    /// <summary>The current row's text; empty where there is none.</summary>
    public string Read()
    {
        var text = ReadOnlyMemory<char>.Empty;
        _getter?.Invoke(ref text);
        return text.ToString();
    }

    /// <summary>The current row's file, or null where there is no such file.</summary>
    public string? ReadExistingFile()
    {
        var file = Path.Combine(_folder, Read());
        return File.Exists(file) ? file : null;
    }

    /// <summary>
    /// Learns the folder to which the texts are relative, LoadImages' imageFolder, which nothing else tells: the rows that follow have it.
    /// </summary>
    /// <param name="file">Where the current row's image came from.</param>
    public void LearnFolder(string file)
    {
        var text = Read();
        if (text.Length > 0 && file.EndsWith(text, StringComparison.Ordinal))
            _folder = file[..^text.Length];
    }
}
