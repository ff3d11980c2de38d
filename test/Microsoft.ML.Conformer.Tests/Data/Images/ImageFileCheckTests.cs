using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

[TestClass]
public sealed class ImageFileCheckTests
{
    private readonly TemporaryFolder _folder = new();

    public static IEnumerable<object[]> Extensions => EncodedImage.Extensions.Select(extension => new object[] { extension });

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DynamicData(nameof(Extensions))]
    public void TheEndOfAWholeFileIsInPlace(string extension) =>
        Assert.IsTrue(ImageFileEnd.IsInPlace(Write(FormulaImage.File(extension))));

    [TestMethod]
    [DynamicData(nameof(Extensions))]
    public void AFileThatIsCutAnywhereInItsPixelsIsTruncated(string extension)
    {
        var whole = FormulaImage.File(extension);
        foreach (var kept in (double[])[0.9, 0.95, 0.97])
        {
            var file = Write(whole[..(int)(kept * whole.Length)]);

            Assert.IsFalse(ImageFileEnd.IsInPlace(file), $"{kept}");
            var error = Assert.ThrowsExactly<InvalidDataException>(() => ImageFileCheck.ThrowIfTruncated(file), $"{kept}");
            StringAssert.Contains(error.Message, "truncated");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Extensions))]
    public void DataBehindTheImageDoNotMatter(string extension)
    {
        // As the video of a motion photo.
        var video = new byte[5000];
        new Random(1).NextBytes(video);

        ImageFileCheck.ThrowIfTruncated(Write([.. FormulaImage.File(extension), .. video]));
    }

    [TestMethod]
    public void ZerosBehindAJpegNeedNoDecoding() =>
        Assert.IsTrue(ImageFileEnd.IsInPlace(Write([.. FormulaImage.File(".jpg"), .. new byte[100]])));

    [TestMethod]
    public void APngThatLacksNoPixelsIsWhole() => ImageFileCheck.ThrowIfTruncated(Write(FormulaImage.File(".png")[..^12]));

    [TestMethod]
    public void AnAnimationThatIsCutAfterItsFirstFrameIsWhole() =>
        ImageFileCheck.ThrowIfTruncated(Write([.. FormulaImage.File(".gif")[..^1], (byte)',', 0, 0, 0, 0, 10, 0, 10, 0, 0, 7, 50]));

    [TestMethod]
    public void AnImageOfMorePixelsThanTheLimitIsTooLarge()
    {
        ImageFileCheck.ThrowIfTooLarge(Write(EncodedImage.GifThatClaims(13_377, 13_377)));

        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => ImageFileCheck.ThrowIfTooLarge(Write(EncodedImage.GifThatClaims(13_378, 13_377))));
        StringAssert.Contains(error.Message, "13378x13377 pixels; at most 178956970");
    }

    [TestMethod]
    public void WhatIsNoImageIsNeitherTooLargeNorTruncated()
    {
        foreach (var file in (string[])[Write([]), Write("<html>"u8.ToArray())])
        {
            ImageFileCheck.ThrowIfTooLarge(file);
            ImageFileCheck.ThrowIfTruncated(file);
        }
    }

    private string Write(byte[] bytes)
    {
        var path = _folder.File(Guid.NewGuid().ToString("N"));
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
