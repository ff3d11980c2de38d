using System.Text.Json;

namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>A row of a manifest as it is written; null where it has no such field.</summary>
/// <param name="Line">Number of the line, from 1.</param>
/// <param name="Path">Path of the image.</param>
/// <param name="Label">Its class.</param>
/// <param name="Split">Name of its part.</param>
internal readonly record struct ManifestRow(long Line, string? Path, string? Label, string? Split)
{
    private const string PathName = "path", LabelName = "label", SplitName = "split";

    /// <summary>Reads comma-separated values: a header with path and label, split by choice, in any order among other columns.</summary>
    /// <exception cref="InvalidDataException">The header lacks a column, or quotes are wrong; the message names the line.</exception>
    public static IEnumerable<ManifestRow> ReadCsv(string file) => CsvRow.Read(file, [PathName, LabelName], SplitName)
        .Select(row => new ManifestRow(row.Line, row.Fields[0], row.Fields[1], row.Fields[2]));

    /// <summary>Reads an object with path, label and, by choice, split from each line that is not blank.</summary>
    /// <exception cref="InvalidDataException">A line is no JSON object; the message names the line.</exception>
    public static IEnumerable<ManifestRow> ReadJsonLines(string file)
    {
        var line = 0;
        using var reader = new BoundedTextReader(file);
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (!string.IsNullOrWhiteSpace(text))
                yield return ReadJson(text, line, file);
        }
    }

    private static ManifestRow ReadJson(string text, long line, string file)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return new ManifestRow(line, Text(PathName), Text(LabelName), Text(SplitName));

            string? Text(string name) => !json.RootElement.TryGetProperty(name, out var value) ? null : value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Null => null,
                JsonValueKind.Number => value.GetRawText(),
                _ => throw new InvalidOperationException($"{name} is {value.ValueKind}, not a text"),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter where it is no object, or no text
        {
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(file)}', line {line}: expected a JSON object such as {{\"{PathName}\": \"a.jpg\", " +
                $"\"{LabelName}\": \"cat\"}}: " +
                VisibleText.Reason(e));
        }
    }
}
