using Microsoft.ML.Conformer.Files;

namespace Microsoft.ML.Conformer.Tests.Files;

[TestClass]
public sealed class VisibleTextTests
{
    [TestMethod]
    [DataRow("golden retriever", "golden retriever")]
    [DataRow("Häuser, 家, 🏠", "Häuser, 家, 🏠")]
    [DataRow("\e[2Jred\r\n\0", @"\u001B[2Jred\u000D\u000A\u0000")]
    [DataRow("\u009B\u202E\u200B\u2028\u2029\uE000", @"\u009B\u202E\u200B\u2028\u2029\uE000")]
    [DataRow("\uDB40\uDC41", @"\U000E0041", DisplayName = "a tag")]
    public void WhatIsSeenStaysAndTheRestIsEscaped(string text, string shown)
    {
        Assert.AreEqual(shown, VisibleText.Of(text));
        Assert.AreEqual(shown, VisibleText.Escaped(text));
        Assert.AreEqual(shown, VisibleText.Of(shown), "it is the same when it is shown again");
    }

    [TestMethod]
    public void HalvesOfSurrogatePairsAreEscaped() // attributes cannot hold them
    {
        Assert.AreEqual(@"a\uD800b", VisibleText.Of("a\uD800b"));
        Assert.AreEqual(@"\uDC00\uD800", VisibleText.Of("\uDC00\uD800"));
    }

    [TestMethod]
    [DataRow("x", 160)]
    [DataRow("\e", 26)] // six characters each
    [DataRow("🏠", 80)]
    public void OnlyWhatIsLongerThanTheBoundIsCutAndNeverWithinACharacter(string unit, int fitting)
    {
        var whole = string.Concat(Enumerable.Repeat(unit, fitting));
        Assert.AreEqual(VisibleText.Escaped(whole), VisibleText.Of(whole));
        foreach (var count in (int[])[fitting + 1, 2 * fitting, 100_000])
        {
            var shown = VisibleText.Of("<" + string.Concat(Enumerable.Repeat(unit, count)) + ">");
            Assert.IsTrue(shown.Length <= 160, $"{shown.Length}");
            var parts = shown.Split('…');
            Assert.AreEqual(2, parts.Length, shown);
            foreach (var part in parts)
                Assert.AreEqual("", part.Replace(VisibleText.Escaped(unit), "", StringComparison.Ordinal).Trim('<', '>'), shown);
            Assert.IsTrue(shown.StartsWith('<') && shown.EndsWith('>'), shown);
        }
    }

    [TestMethod]
    [DataRow("x", 1)]
    [DataRow("家", 2)]
    [DataRow("🏠", 2)]
    [DataRow("\e", 6)]
    public void ColumnsOfATerminalAreCountedAndLettersThatTakeTwoAreNotHalved(string unit, int columns)
    {
        for (var count = 0; count < 30; count++)
        {
            var text = string.Concat(Enumerable.Repeat(unit, count));
            var shown = VisibleText.CutToColumns(text, 20);
            Assert.IsTrue(VisibleText.ColumnsOf(shown) <= 20, shown);
            Assert.AreEqual(count * columns <= 20, shown == VisibleText.Escaped(text), shown);
            Assert.AreEqual("", shown.Replace(VisibleText.Escaped(unit), "", StringComparison.Ordinal).Replace("…", ""), shown);
        }
    }

    [TestMethod]
    public void OfManyNamesTheFirstAreListed()
    {
        Assert.AreEqual("a, b", VisibleText.List(["a", "b"]));
        Assert.AreEqual(@"\u001B, b, c, d, e and 2 others", VisibleText.List(["\e", "b", "c", "d", "e", "f", "g"]));
    }

    [TestMethod]
    public void AReasonIsOneLine() =>
        Assert.AreEqual("first second", VisibleText.Reason(new IOException("first\r\nsecond")));
}
