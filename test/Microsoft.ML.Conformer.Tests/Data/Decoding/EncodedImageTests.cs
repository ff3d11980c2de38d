using Microsoft.ML.Conformer.Data.Decoding;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Decoding;

[TestClass]
public sealed class EncodedImageTests
{
    public static IEnumerable<object[]> Extensions => ImageFileBytes.Extensions.Select(extension => new object[] { extension });

    [TestMethod]
    [DynamicData(nameof(Extensions))]
    public void AnImageHasItsPixels(string extension)
    {
        var side = FormulaImage.FileSide(extension);

        var image = Decode(FormulaImage.File(extension));

        Assert.AreEqual((side, side), (image.Width, image.Height));
        if (extension != ".jpg")
            CollectionAssert.AreEqual(FormulaImage.Rgb(side, side).Pixels, image.Pixels);
    }

    [TestMethod]
    [DynamicData(nameof(Extensions))]
    public void AFileThatIsCutAnywhereInItsPixelsIsTruncated(string extension)
    {
        var whole = FormulaImage.File(extension);
        foreach (var kept in (double[])[0.6, 0.9, 0.95, 0.97])
        {
            var cut = whole[..(int)(kept * whole.Length)];

            foreach (var look in (Action[])[() => Decode(cut), () => Check(cut)])
                StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(look, $"{kept}").Message, "truncated");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Extensions))]
    public void ATruncatedImageIsUsedAsFarAsItGoesWhereThatIsTolerated(string extension)
    {
        var whole = FormulaImage.File(extension);
        var side = FormulaImage.FileSide(extension);

        var image = Decode(whole[..(int)(0.95 * whole.Length)], new() { TolerateTruncated = true });

        Assert.AreEqual((side, side), (image.Width, image.Height));
        if (extension == ".gif")
            return; // its pixels come in one block
        // A BMP begins with its last row.
        var first = extension == ".bmp" ? image.Pixels.AsSpan(^(3 * side)..) : image.Pixels.AsSpan(0, 3 * side);
        var expected = Decode(whole).Pixels;
        CollectionAssert.AreEqual(
            (extension == ".bmp" ? expected.AsSpan(^(3 * side)..) : expected.AsSpan(0, 3 * side)).ToArray(), first.ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Extensions))]
    public void DataBehindTheImageDoNotMatter(string extension)
    {
        // As the video of a motion photo.
        var video = new byte[5000];
        new Random(1).NextBytes(video);

        Check([.. FormulaImage.File(extension), .. video]);
        Decode([.. FormulaImage.File(extension), .. video]);
    }

    [TestMethod]
    public void AJpegThatLacksItsEndMarkerAloneIsWhole() =>
        CollectionAssert.AreEqual(Decode(FormulaImage.File(".jpg")).Pixels, Decode(FormulaImage.File(".jpg")[..^2]).Pixels);

    [TestMethod]
    public void APngThatLacksNoPixelsIsWhole() => Check(FormulaImage.File(".png")[..^12]);

    [TestMethod]
    public void AnAnimationThatIsCutAfterItsFirstFrameIsWhole() =>
        Check([.. FormulaImage.File(".gif")[..^1], (byte)',', 0, 0, 0, 0, 10, 0, 10, 0, 0, 7, 50]);

    [TestMethod]
    public void MostFlippedBytesOfAJpegsScanAreNoticed()
    {
        var whole = FormulaImage.File(".jpg");
        var noticed = 0;
        const int Tries = 200;
        for (var i = 0; i < Tries; i++)
        {
            var damaged = whole.ToArray();
            for (var run = 0; run < 8; run++)
                damaged[whole.Length / 2 + i + run] ^= 0x5A;
            if (JpegScans.Check(damaged) != JpegState.Complete)
                noticed++;
        }

        Assert.AreEqual(JpegState.Complete, JpegScans.Check(whole));
        Assert.IsTrue(noticed > 0.75 * Tries, $"{noticed} of {Tries}");
    }

    [TestMethod]
    [DataRow("whole.jpg", null)]
    [DataRow("progressive.jpg", null)]
    [DataRow("progressive-no-eoi.jpg", null)]
    [DataRow("half.jpg", "truncated")]
    [DataRow("flipped-bytes.jpg", "damaged")]
    public void ADamagedJpegIsToldFromAWholeOne(string name, string? fault)
    {
        var file = File.ReadAllBytes(Path.Combine(SharedData.FolderOrInconclusive("reports"), "damaged-jpegs", name));

        if (fault is null)
            Decode(file);
        else
            StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Decode(file)).Message, fault);
    }

    [TestMethod]
    public void ASecondFrameOfAJpegIsRefusedAsItMayClaimAnotherSize()
    {
        var whole = FormulaImage.File(".jpg");
        byte[] frame = [0xFF, 0xC2, 0, 11, 8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0x44, 0];
        byte[] file = [.. whole[..^2], .. frame, 0xFF, 0xD9];

        Assert.AreEqual(JpegState.Damaged, JpegScans.Check(file));
    }

    [TestMethod]
    public void TextsOfAPngAreNotTakenApart()
    {
        // Deflated zeros, a thousand times as long when inflated.
        using var text = new MemoryStream();
        text.Write("Comment\0\0"u8);
        using (var zip = new System.IO.Compression.ZLibStream(text, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
            zip.Write(new byte[8_000_000]);
        var file = FormulaImage.File(".png");
        var plain = Decode(file).Pixels;
        for (var i = 0; i < 50; i++)
            file = OrientedImage.WithPngChunk(file, "zTXt", text.ToArray());

        Assert.IsTrue(PngChunks.WithoutText(file).Span.SequenceEqual(FormulaImage.File(".png")));
        CollectionAssert.AreEqual(plain, Decode(file).Pixels);
    }

    [TestMethod]
    public void AJpegOfThousandsOfSegmentsIsRefusedAndAColorProfileIsNot()
    {
        var whole = FormulaImage.File(".jpg");
        byte[] With(int segments) =>
            [.. whole[..2], .. Enumerable.Range(0, segments).SelectMany(_ => (byte[])[0xFF, 0xE2, 0, 2]), .. whole[2..]];

        CollectionAssert.AreEqual(Decode(whole).Pixels, Decode(With(255)).Pixels);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => ImageDecoder.ReadSize(With(3000))).Message, "application segments");
    }

    [TestMethod]
    public void AJpegWithoutTablesIsLeftToTheDecoder()
    {
        var file = FormulaImage.File(".jpg").ToList();
        for (var at = file.FindIndex(2, value => value == 0xFF); file[at + 1] != 0xDA;) // up to the scan
        {
            var length = 2 + (file[at + 2] << 8 | file[at + 3]);
            if (file[at + 1] == 0xC4)
                file.RemoveRange(at, length);
            else
                at += length;
        }

        Assert.AreEqual(JpegState.Complete, JpegScans.Check([.. file]));
    }

    [TestMethod]
    public void ALinkToAPipeIsNotWaitedFor()
    {
        using var folder = new TemporaryFolder();
        SpecialFile.Pipe(folder.File("pipe"));
        File.CreateSymbolicLink(folder.File("link.jpg"), folder.File("pipe"));
        File.WriteAllBytes(folder.File("photo"), FormulaImage.File(".png"));
        File.CreateSymbolicLink(folder.File("photo.png"), folder.File("photo"));

        Assert.ThrowsExactly<InvalidDataException>(() => EncodedImage.ReadFile(folder.File("link.jpg")));
        CollectionAssert.AreEqual(FormulaImage.File(".png"), EncodedImage.ReadFile(folder.File("photo.png")));
    }

    [TestMethod]
    public void AFileKnownToBeWholeIsDecodedAsTheFirstTime()
    {
        var folder = Path.Combine(SharedData.FolderOrInconclusive("reports"), "damaged-jpegs");
        foreach (var name in (string[])["whole.jpg", "progressive.jpg", "progressive-no-eoi.jpg"])
        {
            var file = new RowImage(null, null, Path.Combine(folder, name));

            CollectionAssert.AreEqual(file.Decode(new()).Pixels, file.Decode(new(), isKnown: true).Pixels, name);
        }
    }

    [TestMethod]
    public void EveryNastyFileGivesTheSamePixelsOrErrorWhereManyAreDecodedAtOnce()
    {
        var files = Directory.GetFiles(SharedData.FolderOrInconclusive("nasty"));
        var outcomes = files.ToDictionary(file => file, Outcome);

        Parallel.For(0, 5 * files.Length, i => Assert.AreEqual(outcomes[files[i % files.Length]], Outcome(files[i % files.Length])));

        static string Outcome(string file)
        {
            try
            {
                return Convert.ToHexString(System.IO.Hashing.XxHash3.Hash(new RowImage(null, null, file).Decode(new()).Pixels));
            }
            catch (InvalidDataException exception)
            {
                return exception.Message;
            }
        }
    }

    [TestMethod]
    public void RealPhotosAreWhole()
    {
        foreach (var photo in Directory.GetFiles(SharedData.FolderOrInconclusive("flowers"), "*.jpg", SearchOption.AllDirectories))
            Assert.AreEqual(JpegState.Complete, JpegScans.Check(File.ReadAllBytes(photo)), photo);
    }

    [TestMethod]
    public void AnImageOfMorePixelsThanTheLimitIsTooLarge()
    {
        using var accepted = new EncodedImage(ImageFileBytes.GifThatClaims(13_377, 13_377), new());

        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => new EncodedImage(ImageFileBytes.GifThatClaims(13_378, 13_377), new()));
        StringAssert.Contains(error.Message, "13378x13377 pixels; at most 178956970");
        Assert.AreEqual((13_378, 13_377), ImageDecoder.ReadSize(ImageFileBytes.GifThatClaims(13_378, 13_377)));
    }

    [TestMethod]
    [DataRow("", "empty")]
    [DataRow("<html>", "text")]
    [DataRow("\0\0\0\u0018ftypheic0000", "HEIC")]
    [DataRow("\0\0\0\u0018ftypavif0000", "AVIF")]
    [DataRow("%PDF-1.7", "PDF")]
    [DataRow("II*\0abcdefgh", "TIFF")]
    public void WhatIsNoImageIsNamed(string contents, string name) =>
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => Decode([.. contents.Select(c => (byte)c)])).Message, name);

    [TestMethod]
    public void AJpegIsDecodedAtTheSmallestScaleThatHasWhatIsNeeded()
    {
        var file = ImageFileBytes.Encode(160, 80, FormulaImage.Rgb(160, 80).Pixels, ".jpg");
        using var image = new EncodedImage(file, new());

        Assert.AreEqual((40, 20), Size(image.Decode(leastSide: 20)));
        Assert.AreEqual((60, 30), Size(image.Decode(leastSide: 21)));
        Assert.AreEqual((160, 80), Size(image.Decode(leastSide: 80)));
        Assert.AreEqual((160, 80), Size(image.Decode(leastSide: 200)));

        static (int, int) Size(RgbImage decoded) => (decoded.Width, decoded.Height);
    }

    [TestMethod]
    public void TransparencyShowsTheBackground()
    {
        // Half of red, by an alpha of 128.
        var file = ImageFileBytes.Png(1, 1, [255, 0, 0, 128]);

        CollectionAssert.AreEqual(new byte[] { 128, 0, 0 }, Decode(file).Pixels);
        CollectionAssert.AreEqual(new byte[] { 255, 127, 127 }, Decode(file, new() { Background = ImageBackground.White }).Pixels);
    }

    private static RgbImage Decode(byte[] file, ImageDecoding? options = null)
    {
        using var image = new EncodedImage(file, options ?? new());
        return image.Decode();
    }

    private static void Check(byte[] file)
    {
        using var image = new EncodedImage(file, new());
        image.ThrowIfDamaged();
    }
}
