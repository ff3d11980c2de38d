using System.Globalization;
using System.Text;

namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>
/// Names of files and classes, made fit for a line of text: of bounded length, and with escapes in the place of what a terminal or a
/// browser would obey or hide, such as control characters and changes of the writing direction.
/// </summary>
internal static class VisibleText
{
    private const int MaxLength = 160, KeptAtStart = 60;

    /// <summary>A name; of a longer one its beginning and its end.</summary>
    public static string Of(string name) => Escaped(name.Length <= MaxLength ? name
        : $"{name[..KeptAtStart]}…{name[^(MaxLength - KeptAtStart - 1)..]}");

    /// <summary>A text of whatever length.</summary>
    public static string Escaped(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            visible.Append(IsVisible(rune) ? rune.ToString() : rune.IsBmp ? $"\\u{rune.Value:X4}" : $"\\U{rune.Value:X8}");
        return visible.ToString();
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.PrivateUse);
}
