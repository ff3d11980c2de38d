namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>What a terminal makes of text.</summary>
internal static class TerminalText
{
    /// <summary>The columns of a line, by Unicode's East Asian widths W and F, in blocks.</summary>
    public static int Columns(string line) => line.EnumerateRunes().Sum(rune => rune.Value
        is >= 0x1100 and <= 0x115F or >= 0x2E80 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF
        or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0xFFE0 and <= 0xFFE6 or >= 0x1F300 ? 2 : 1);

    /// <summary>No line is wider than a terminal, and none has what a terminal would obey.</summary>
    public static void AssertFits(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            Assert.IsTrue(Columns(line) <= 80, $"{Columns(line)}: {line}");
            Assert.IsFalse(line.Any(c => char.IsControl(c) || c == '\u202E'), line);
        }
    }
}
