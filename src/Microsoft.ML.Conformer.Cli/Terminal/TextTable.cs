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

    /// <summary>A text in lines of 80 columns, the first after a heading and the others below it; a longer word is broken.</summary>
    public static IEnumerable<string> Wrapped(string text, string heading = "")
    {
        var (indent, line) = (VisibleText.ColumnsOf(heading), heading);
        foreach (var word in text.Split(' '))
        {
            var isFirst = VisibleText.ColumnsOf(line) == indent;
            if (VisibleText.ColumnsOf(line) + (isFirst ? 0 : 1) + VisibleText.ColumnsOf(word) <= MostColumns)
            {
                line += isFirst ? word : $" {word}";
                continue;
            }
            if (!isFirst)
            {
                yield return line;
                line = new string(' ', indent);
            }
            var columns = VisibleText.ColumnsOf(line);
            foreach (var rune in word.EnumerateRunes())
            {
                var ofRune = VisibleText.ColumnsOf(rune.ToString());
                if (columns + ofRune > MostColumns)
                {
                    yield return line;
                    (line, columns) = (new string(' ', indent), indent);
                }
                (line, columns) = ($"{line}{rune}", columns + ofRune);
            }
        }
        yield return line;
    }
}
