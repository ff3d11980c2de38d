using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Masks;

namespace Microsoft.ML.Conformer.Tests.Detection.Masks;

[TestClass]
public sealed class RunLengthMaskTests
{
    private const int Height = 7, Width = 5;

    [TestMethod]
    public void AMaskGoesThroughTextCountsAndBitmapUnchanged()
    {
        var random = new Random(1);
        for (var trial = 0; trial < 200; trial++)
        {
            var bitmap = RandomBitmap(random, Height * Width);
            var mask = RunLengthMask.FromBitmap(bitmap, Height, Width);

            CollectionAssert.AreEqual(bitmap, mask.ToBitmap());
            Assert.AreEqual(bitmap.Count(pixel => pixel), mask.Area);
            Assert.AreEqual(mask, RunLengthMask.Parse(mask.ToString(), Height, Width));
            Assert.AreEqual(mask, RunLengthMask.FromCounts([0, 0, .. mask.Counts.Select(count => (long)count), 0, 0], Height, Width));
        }
    }

    [TestMethod]
    public void OverlapsAreThoseOfThePixels()
    {
        var random = new Random(2);
        for (var trial = 0; trial < 200; trial++)
        {
            bool[] one = RandomBitmap(random, Height * Width), other = RandomBitmap(random, Height * Width);
            var (first, second) = (RunLengthMask.FromBitmap(one, Height, Width), RunLengthMask.FromBitmap(other, Height, Width));
            var both = one.Zip(other).Count(pixel => pixel.First && pixel.Second);
            var any = one.Zip(other).Count(pixel => pixel.First || pixel.Second);

            Assert.AreEqual(both == 0 ? 0 : (double)both / any, first.IntersectionOverUnion(second));
            Assert.AreEqual(both == 0 ? 0 : (double)both / first.Area, first.IntersectionOverUnion(second, isCrowd: true));
            Assert.AreEqual(any, RunLengthMask.Union([first, second]).Area);
            Assert.AreEqual(both, first.Intersection(second).Area);
        }
    }

    [TestMethod]
    public void MasksAreResizedMirroredCutAndPaddedAsBitmapsAre()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 200; trial++)
        {
            var bitmap = RandomBitmap(random, Height * Width);
            var isMirrored = random.Next(2) == 1;
            var (rows, columns) = (Places(random, Height), Places(random, Width));
            if (isMirrored)
                Array.Reverse(columns);
            var changed = RunLengthMask.FromBitmap(bitmap, Height, Width).Resampled(rows, columns).ToBitmap();

            for (var y = 0; y < rows.Length; y++)
                for (var x = 0; x < columns.Length; x++)
                    Assert.AreEqual(
                        rows[y] is { } row && columns[x] is { } column && bitmap[row * Width + column], changed[y * columns.Length + x]);
        }
    }

    /// <summary>A side that is resized, cut, and padded.</summary>
    private static int?[] Places(Random random, int size)
    {
        var (newSize, first, padded) = (random.Next(1, 2 * size), random.Next(size), random.Next(3));
        var resized = Enumerable.Range(0, newSize).Select(at => (int?)(at * size / newSize)).SkipWhile(at => at < first);
        return [.. new int?[padded], .. resized, .. new int?[padded]];
    }

    /// <summary>The target of a mask head, pasted where it came from, gives the mask back: what one does the other undoes.</summary>
    [TestMethod]
    public void ACroppedMaskPastedIntoItsBoxIsTheMask()
    {
        var mask = RunLengthMask.FromPolygons([[20, 10, 90, 30, 70, 95, 15, 80]], 120, 110);
        foreach (var box in new[] { new Box(14, 9, 91, 96), new Box(0, 0, 110, 120), new Box(10.25f, 5.5f, 101.75f, 99.125f) })
        {
            var pasted = PastedMask.Of(MaskTarget.Coverage(mask, box, 28), 28, box, 120, 110);

            Assert.IsGreaterThan(0.95, pasted.IntersectionOverUnion(mask), $"{box}");
        }
    }

    [TestMethod]
    [DataRow(float.NaN, 0, 5, 5)]
    [DataRow(3, 3, 3, 9)]
    [DataRow(9, 3, 3, 9)]
    [DataRow(100, 100, 120, 120)]
    [DataRow(-1e30f, -1e30f, -5, -5)]
    public void ABoxWithoutAnAreaInTheImageGetsNoPixels(float x0, float y0, float x1, float y1)
    {
        var box = new Box(x0, y0, x1, y1);
        var map = Enumerable.Repeat(1f, 28 * 28).ToArray();

        Assert.AreEqual(0, PastedMask.Of(map, 28, box, 20, 30).Area);
        Assert.AreEqual(0, MaskTarget.Of(RunLengthMask.FromCounts([0, 600], 20, 30), box, 28).Sum());
    }

    [TestMethod]
    public void AHugeBoxIsPastedWhereTheImageIs() =>
        Assert.AreEqual(600, PastedMask.Of(Enumerable.Repeat(1f, 28 * 28).ToArray(), 28, new Box(-1e9f, -1e9f, 1e9f, 1e9f), 20, 30).Area);

    [TestMethod]
    [DataRow("", "The run lengths have 0 pixels; the image has 5 x 7 = 35.")]
    [DataRow("P", "The run lengths end within a number.")]
    [DataRow("3\u001B", "The run lengths have the character '\\u001B' at 1, which none can have.")]
    [DataRow("3 ", "The run lengths have the character ' ' at 1")]
    [DataRow("PPPPPPPPPPPPPPPPPPPP0", "The run lengths have a number of more than 7 characters at 0.")]
    [DataRow("O", "The run lengths have one of -1 pixels.")]
    [DataRow("oooooo0", "The run lengths have more pixels than the image of 5 x 7 pixels.")]
    public void TextThatIsNoMaskIsRefused(string text, string fault) => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidDataException>(() => RunLengthMask.Parse(text, Height, Width)).Message, fault);

    [TestMethod]
    public void CountsThatDoNotAddUpAreRefused()
    {
        foreach (long[] counts in new long[][] { [], [34], [35, 1], [long.MaxValue, long.MaxValue], [36, -1], [long.MinValue] })
            Assert.ThrowsExactly<InvalidDataException>(() => RunLengthMask.FromCounts(counts, Height, Width));
    }

    [TestMethod]
    [DataRow(0, 5)]
    [DataRow(5, -1)]
    [DataRow(int.MaxValue, int.MaxValue)]
    [DataRow(65_536, 65_536)]
    public void AbsurdSizesAreRefused(int height, int width) => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidDataException>(() => RunLengthMask.FromCounts([0], height, width)).Message,
        $"The image has {width} x {height} pixels; expected at least one");

    [TestMethod]
    [DataRow(new double[] { 1, 1, 5, 1 }, "The polygon has 4 numbers; expected x and y of at least 3 corners.")]
    [DataRow(new double[] { 1, 1, 5, 1, 3, 3, 4 }, "The polygon has 7 numbers")]
    [DataRow(new[] { 1, 1, 5, double.NaN, 3, 3 }, "The polygon has the coordinate NaN")]
    [DataRow(new[] { 1, 1, 5, 1e300, 3, 3 }, "The polygon has the coordinate 1E+300")]
    public void PolygonsThatAreNoneAreRefused(double[] polygon, string fault) => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidDataException>(() => RunLengthMask.FromPolygons([polygon], Height, Width)).Message, fault);

    [TestMethod]
    public void APolygonOfEndlessEdgesIsRefusedBeforeItIsDrawn()
    {
        var polygon = Enumerable.Range(0, 200).SelectMany(corner => new[] { corner % 2 * 1e6, corner }).ToArray();

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => RunLengthMask.FromPolygons([polygon], Height, Width)).Message,
            "The polygon's edges are");
    }

    [TestMethod]
    public void AnObjectWithoutAPolygonIsRefused() =>
        Assert.ThrowsExactly<InvalidDataException>(() => RunLengthMask.FromPolygons([], Height, Width));

    [TestMethod]
    public void MasksOfOtherImagesAreNotCompared()
    {
        var (one, other) = (RunLengthMask.FromCounts([35], Height, Width), RunLengthMask.FromCounts([35], Width, Height));

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => one.IntersectionOverUnion(other)).Message, "5 x 7 and 7 x 5 pixels");
        Assert.AreNotEqual(one, other);
    }

    private static bool[] RandomBitmap(Random random, int pixels)
    {
        var density = random.NextDouble();
        return [.. Enumerable.Range(0, pixels).Select(_ => random.NextDouble() < density)];
    }
}
