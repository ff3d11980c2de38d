using System.Text.Json;
using Microsoft.VisualBasic.FileIO;

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
    public static IEnumerable<ManifestRow> ReadCsv(string file)
    {
        using var text = new BoundedTextReader(file, hasQuotes: true);
        using var parser = new TextFieldParser(text) { Delimiters = [","], HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = false };
        var header = Fields(parser, file, out _) ?? [];
        var (path, label, split) = (IndexOf(PathName), IndexOf(LabelName), IndexOf(SplitName));
        if (path < 0 || label < 0)
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(file)}', line 1: expected a header with the columns {PathName} and {LabelName}, and {SplitName} " +
                $"by choice, with commas between; found '{VisibleText.Of(string.Join(',', header))}'.");
        foreach (var name in (string[])[PathName, LabelName, SplitName])
            if (header.Count(column => name.Equals(column.Trim(), StringComparison.OrdinalIgnoreCase)) > 1)
                throw new InvalidDataException($"'{VisibleText.OfPath(file)}', line 1: there are several columns {name}.");
        while (Fields(parser, file, out var line) is { } fields)
            yield return new ManifestRow(line, Field(fields, path), Field(fields, label), Field(fields, split));

        static string? Field(string[] fields, int column) => fields.ElementAtOrDefault(column);

        int IndexOf(string name) => Array.FindIndex(header, column => name.Equals(column.Trim(), StringComparison.OrdinalIgnoreCase));
    }

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

    private static string[]? Fields(TextFieldParser parser, string file, out long line)
    {
        line = parser.LineNumber;
        try
        {
            var fields = parser.ReadFields();
            // Blank lines before the row are passed over; after the last one there is no number to count from.
            if (fields is not null && parser.LineNumber > 0)
                line = parser.LineNumber - 1 - fields.Sum(field => field.Count(letter => letter == '\n'));
            return fields;
        }
        catch (MalformedLineException)
        {
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(file)}', line {parser.ErrorLineNumber}: quotes are not closed, or stand within a field without " +
                "being doubled.");
        }
    }
}
