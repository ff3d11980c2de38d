namespace Conformer.Cli.Terminal;

/// <summary>A column of a table of text.</summary>
/// <param name="Header">What stands above it.</param>
/// <param name="Width">Its width in columns of the terminal; of a table that fits its data, the most that it may be.</param>
/// <param name="IsNumber">Whether it is aligned to the right.</param>
internal sealed record TextColumn(string Header, int Width, bool IsNumber = false);

/// <summary>Tables of at most 80 columns, whatever the data, whose names may be of any letters.</summary>
internal static class TextTable
{
    public const int MostColumns = 80;

    private const string Gap = "  ";

    private const int Narrowest = 4;

    /// <summary>The header and the rows; columns are as wide as their texts and together no wider than 80.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<TextColumn> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = columns.Select((column, index) => Math.Min(column.Width,
            rows.Select(row => VisibleText.ColumnsOf(VisibleText.Of(row[index]))).Append(column.Header.Length).Max())).ToArray();
        while (widths.Sum() + Gap.Length * (widths.Length - 1) > MostColumns)
        {
            var widest = columns.Index().Where(column => !column.Item.IsNumber).MaxBy(column => widths[column.Index]).Index;
            if (widths[widest] <= Narrowest)
                break;
            widths[widest]--;
        }
        var fitted = columns.Select((column, index) => column with { Width = widths[index] }).ToList();
        return rows.Select(row => Line(fitted, row)).Prepend(Line(fitted, [.. columns.Select(column => column.Header)]));
    }

    /// <summary>One row, each cell cut to its column.</summary>
    public static string Line(IReadOnlyList<TextColumn> columns, IReadOnlyList<string> cells) => string.Join(Gap, columns.Zip(cells,
        (column, cell) =>
        {
            var text = VisibleText.CutToColumns(cell, column.Width);
            var padding = new string(' ', Math.Max(0, column.Width - VisibleText.ColumnsOf(text)));
            return column.IsNumber ? padding + text : text + padding;
        })).TrimEnd();

    /// <summary>A text in lines of 80 columns, indented; a word longer than that is cut.</summary>
    public static IEnumerable<string> Wrapped(string text, string indent = "")
    {
        var line = indent;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > indent.Length && VisibleText.ColumnsOf(line) + 1 + VisibleText.ColumnsOf(word) > MostColumns)
            {
                yield return line;
                line = indent;
            }
            line += (line.Length > indent.Length ? " " : "") + VisibleText.CutToColumns(word, MostColumns - indent.Length);
        }
        yield return line;
    }
}
