using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.LabelMaps;
using Microsoft.ML.Conformer.Tests.Data.Images;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Detection.LabelMaps;

[TestClass]
public sealed class LabelMapTests
{
    private const int Width = 13, Height = 7;

    [TestMethod]
    [DataRow(1, true)]
    [DataRow(2, true)]
    [DataRow(4, true)]
    [DataRow(8, true)]
    [DataRow(1, false)]
    [DataRow(8, false)]
    public void ValuesAreReadAsTheyAreStoredAndNotAsColors(int bits, bool isPalette)
    {
        byte[] values = [.. Enumerable.Range(0, Width * Height).Select(i => (byte)(37 * i & ((1 << bits) - 1)))];
        for (byte filter = 0; filter <= 4; filter++)
        {
            var map = LabelMap.Decode(PngBytes.Indices(Width, Height, values, bits, isPalette, filter));

            Assert.AreEqual((Height, Width), (map.Height, map.Width));
            CollectionAssert.AreEqual(values, map.Values, $"filter {filter}");
        }
    }

    [TestMethod]
    public void GrayLevelsOfSixteenBitsAreClassesUpTo255()
    {
        ushort[] values = [0, 3, 255, 7];

        CollectionAssert.AreEqual(new byte[] { 0, 3, 255, 7 }, LabelMap.Decode(PngBytes.Sixteen(2, 2, values)).Values);
        values[2] = 256;
        StringAssert.Contains(Fault(PngBytes.Sixteen(2, 2, values)), "above 255");
    }

    [TestMethod]
    public void OtherFilesAreRefusedWithTheReason()
    {
        StringAssert.Contains(Fault(ImageFileBytes.Png(2, 2, new byte[16])), "colors");
        StringAssert.Contains(Fault([0xFF, 0xD8, 0xFF, 0xE0, .. new byte[40]]), "no PNG");
        var interlaced = PngBytes.Indices(2, 2, [0, 1, 2, 3]);
        interlaced[28] = 1;
        StringAssert.Contains(Fault(interlaced), "interlaced");
        var giant = PngBytes.Indices(2, 2, [0, 1, 2, 3]);
        (giant[16], giant[20]) = (0x10, 0x10);
        StringAssert.Contains(Fault(giant), "at most");
        var whole = PngBytes.Indices(300, 300, [.. Enumerable.Range(0, 90_000).Select(i => (byte)(i * i >> 3))]);
        StringAssert.Contains(Fault(whole[..(whole.Length / 2)]), "truncated");
    }

    [TestMethod]
    public void AWrittenMapHasItsIndicesAndTheColorsOfPascalVoc()
    {
        var map = new LabelMap(16, 16, [.. Enumerable.Range(0, 256).Select(i => (byte)i)]);

        var file = LabelMapPng.Encode(map);

        CollectionAssert.AreEqual(map.Values, LabelMap.Decode(file).Values);
        using var picture = SKBitmap.Decode(file);
        (byte, byte, byte) ColorOf(int index) => picture.GetPixel(index % 16, index / 16) is var color
            ? (color.Red, color.Green, color.Blue)
            : default;
        // Of the challenge's development kit: background, aeroplane, bicycle, bus, tvmonitor, outlines.
        Assert.AreEqual(((byte)0, (byte)0, (byte)0), ColorOf(0));
        Assert.AreEqual(((byte)128, (byte)0, (byte)0), ColorOf(1));
        Assert.AreEqual(((byte)0, (byte)128, (byte)0), ColorOf(2));
        Assert.AreEqual(((byte)0, (byte)128, (byte)128), ColorOf(6));
        Assert.AreEqual(((byte)0, (byte)64, (byte)128), ColorOf(20));
        Assert.AreEqual(((byte)224, (byte)224, (byte)192), ColorOf(255));
    }

    [TestMethod]
    public void ValuesBecomeClassesByTheirRule()
    {
        byte[] Classes(LabelRule rule, params byte[] values) => rule.Apply(new LabelMap(1, values.Length, values)).Values;

        CollectionAssert.AreEqual(new byte[] { 0, 2, 255 }, Classes(LabelRule.Plain(3), 0, 2, 255));
        CollectionAssert.AreEqual(new byte[] { 255, 0, 2, 255 }, Classes(LabelRule.WithoutZero(3), 0, 1, 3, 255));
        CollectionAssert.AreEqual(
            new byte[] { 255, 0, 1, 5, 13, 18, 255, 255 }, Classes(LabelRule.CityscapesIds, 0, 7, 8, 17, 26, 33, 29, 255));
    }

    [TestMethod]
    public void AValueThatIsNoClassIsToldWithItsPlace()
    {
        var map = new LabelMap(2, 3, [0, 1, 2, 0, 3, 9]);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => LabelRule.Plain(3).Apply(map));

        StringAssert.Contains(error.Message, "2 pixels");
        StringAssert.Contains(error.Message, "the first one 3 at x 1, y 1");
        StringAssert.Contains(error.Message, "there are 3 classes");
        Assert.ThrowsExactly<InvalidDataException>(() => LabelRule.WithoutZero(8).Apply(map));
        Assert.AreEqual(8, LabelRule.WithoutZero(9).Apply(map).Values[5]);
    }

    private static string Fault(byte[] file) => Assert.ThrowsExactly<InvalidDataException>(() => LabelMap.Decode(file)).Message;
}
