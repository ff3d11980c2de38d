using Microsoft.VisualBasic.FileIO;

namespace Microsoft.ML.Conformer.Files;

/// <summary>A row of comma-separated values.</summary>
/// <param name="Line">Number of the line, from 1.</param>
/// <param name="Fields">Those of the columns that were asked for, in that order; null where there is none.</param>
internal readonly record struct CsvRow(long Line, string?[] Fields)
{
    /// <summary>Reads a file with a header, whose columns may stand in any order among others.</summary>
    /// <param name="file">The path.</param>
    /// <param name="required">Names of columns that must be there.</param>
    /// <param name="optional">Names of columns that may be there; their fields come last.</param>
    /// <exception cref="InvalidDataException">The header lacks a column, or quotes are wrong; the message names the line.</exception>
    public static IEnumerable<CsvRow> Read(string file, string[] required, params string[] optional)
    {
        using var text = new BoundedTextReader(file, hasQuotes: true);
        using var parser = new TextFieldParser(text) { Delimiters = [","], HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = false };
        var header = ReadFields(parser, file, out _) ?? [];
        string[] names = [.. required, .. optional];
        int[] columns = [.. names.Select(name => Array.FindIndex(header, column => Is(column, name)))];
        if (columns.AsSpan(0, required.Length).Contains(-1))
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(file)}', line 1: expected a header with the columns {List(required)}" +
                (optional.Length > 0 ? $", and {List(optional)} by choice" : "") +
                $", with commas between; found '{VisibleText.Of(string.Join(',', header))}'.");
        foreach (var name in names)
            if (header.Count(column => Is(column, name)) > 1)
                throw new InvalidDataException($"'{VisibleText.OfPath(file)}', line 1: there are several columns {name}.");
        while (ReadFields(parser, file, out var line) is { } fields)
            yield return new CsvRow(line, [.. columns.Select(fields.ElementAtOrDefault)]);

        static bool Is(string column, string name) => name.Equals(column.Trim(), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A field as it is written (RFC 4180), with quotes where it needs them.</summary>
    public static string Quoted(string? field) =>
        field is null ? "" : field.AsSpan().ContainsAny(",\"\r\n") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    private static string List(string[] names) =>
        names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";

    private static string[]? ReadFields(TextFieldParser parser, string file, out long line)
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
