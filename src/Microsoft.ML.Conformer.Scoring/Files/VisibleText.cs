using System.Globalization;
using System.Text;

namespace Microsoft.ML.Conformer.Files;

/// <summary>
/// Text that others wrote, made fit to be shown: of bounded length, and with escapes in the place of what a terminal or a browser would
/// obey or hide, such as control characters, changes of the writing direction and halves of surrogate pairs.
/// </summary>
/// <remarks>
/// The rule of all assemblies: names of files, folders and classes, and whatever else comes out of a file, go through this before they
/// are part of a message, a log line, a table, a report or a page. So do the messages of other libraries' exceptions, which quote such
/// text; an exception that quotes a file's content is not kept as an inner one. Data are never changed: class names, columns, saved files
/// and properties such as a path keep what they have.
/// </remarks>
internal static class VisibleText
{
    private const int MaxLength = 160, MaxPathLength = 400, MaxReasonLength = 800, MostInList = 5;

    private const string Gap = "…";

    /// <summary>Terminals show some letters from here on, Chinese ones and emoji among them, in two columns; none before.</summary>
    private const int FirstWide = 0x1100;

    /// <summary>A name or a value; of a longer one its beginning and its end.</summary>
    public static string Of(string text) => Cut(text, MaxLength);

    /// <summary>The same with at most so many characters, escapes included.</summary>
    public static string Cut(string text, int maxLength) => Cut(text, maxLength, piece => piece.Length);

    /// <summary>The same with at most so many columns of a terminal.</summary>
    public static string CutToColumns(string text, int columns) => Cut(text, columns, ColumnsOf);

    /// <summary>The most columns that a text, shown as it is, takes of a terminal.</summary>
    public static int ColumnsOf(string text) => text.EnumerateRunes().Sum(rune => rune.Value < FirstWide ? 1 : 2);

    /// <summary>A path, of which more matters than of a name.</summary>
    public static string OfPath(string path) => Cut(path, MaxPathLength);

    /// <summary>Why something failed, on one line: an exception's message, which may quote a file's content.</summary>
    public static string Reason(Exception cause, int maxLength = MaxReasonLength) =>
        Cut(cause.Message.ReplaceLineEndings(" "), maxLength);

    /// <summary>Names with commas between; of many the first ones, and how many others there are.</summary>
    public static string List(IReadOnlyCollection<string> names) => string.Join(", ", names.Take(MostInList).Select(Of)) +
        (names.Count > MostInList ? FormattableString.Invariant($" and {names.Count - MostInList:N0} others") : "");

    /// <summary>A text of whatever length.</summary>
    public static string Escaped(string text) => string.Concat(Pieces(text));

    private static string Cut(string text, int most, Func<string, int> measure)
    {
        // No piece is shorter than what it stands for, save that two characters may be one piece: more is never shown.
        var looked = text.Length <= 2 * most ? text : string.Concat(text.AsSpan(0, most), text.AsSpan(text.Length - most));
        var pieces = Pieces(looked).ToList();
        if (looked.Length == text.Length && pieces.Sum(measure) <= most)
            return string.Concat(pieces);
        var start = string.Concat(Within(pieces, most * 3 / 8, measure));
        var end = Within(Enumerable.Reverse(pieces), most - measure(start) - measure(Gap), measure).Reverse();
        return $"{start}{Gap}{string.Concat(end)}";
    }

    private static IEnumerable<string> Within(IEnumerable<string> pieces, int length, Func<string, int> measure) =>
        pieces.TakeWhile(piece => (length -= measure(piece)) >= 0);

    private static IEnumerable<string> Pieces(string text)
    {
        for (var at = 0; at < text.Length;)
            if (Rune.TryGetRuneAt(text, at, out var rune))
            {
                yield return IsVisible(rune) ? rune.ToString() : rune.IsBmp ? $"\\u{rune.Value:X4}" : $"\\U{rune.Value:X8}";
                at += rune.Utf16SequenceLength;
            }
            else
                yield return $"\\u{(int)text[at++]:X4}";
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.PrivateUse);
}
