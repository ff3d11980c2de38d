using Microsoft.ML.Data;
using WebScoring.Images;

namespace WebScoring.Tests;

/// <summary>The size that a header tells must be the one that is decoded, or the limit on pixels protects nothing.</summary>
[TestClass]
public sealed class ImageHeaderTests
{
    private const string LossyWebP = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA";
    private const string LosslessWebP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==";

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(7, 300)]
    [DataRow(1023, 2)]
    public void SaysWhatIsDecoded(int width, int height)
    {
        foreach (var extension in new[] { ".png", ".jpg" })
        {
            var file = ColoredImages.Encode("red", 1, width, height, extension);
            Assert.AreEqual(DecodedSize(file), ImageHeader.ReadSize(file), extension);
            Assert.AreEqual(((uint)width, (uint)height), ImageHeader.ReadSize(file), extension);
        }
    }

    [TestMethod]
    [DataRow(LossyWebP)]
    [DataRow(LosslessWebP)]
    public void SaysWhatIsDecodedOfWebP(string base64)
    {
        var file = Convert.FromBase64String(base64);
        Assert.AreEqual(DecodedSize(file), ImageHeader.ReadSize(file));
    }

    [TestMethod]
    public void ReadsTheSidesOfEveryKindOfWebP()
    {
        Assert.AreEqual((0x1234u, 0x2345u), ImageHeader.ReadSize(WebP("VP8 ", 0x30, 0, 0, 0x9D, 1, 0x2A, 0x34, 0x12, 0x45, 0x23)));
        // 14 bits of width - 1, then 14 bits of height - 1.
        Assert.AreEqual((0x3FFFu, 2u), ImageHeader.ReadSize(WebP("VP8L", 0x2F, 0xFE, 0x7F, 0, 0, 0, 0, 0, 0, 0)));
        Assert.AreEqual((0x10000u, 0x203u), ImageHeader.ReadSize(WebP("VP8X", 0, 0, 0, 0, 0xFF, 0xFF, 0, 2, 2, 0)));
    }

    [TestMethod]
    public void PassesOverAJpegsThumbnailFillBytesAndStrayBytes()
    {
        byte[] thumbnail = [0xFF, 0xC0, 0, 17, 8, 0, 1, 0, 1, 3];
        byte[] file =
        [
            0xFF, 0xD8, 0xFF, 0xE1, 0, (byte)(thumbnail.Length + 2), .. thumbnail,
            0x12, 0xFF, 0xFF, 0xFF, 0xC2, 0, 17, 8, 0x01, 0x02, 0x03, 0x04, 3,
        ];
        Assert.AreEqual((0x0304u, 0x0102u), ImageHeader.ReadSize(file));
    }

    [TestMethod]
    public void LooksAtNothingAfterAJpegsEnd()
    {
        var video = new byte[8_000_000];
        new Random(1).NextBytes(video);
        byte[] scan = [0xFF, 0xDA];
        Assert.IsTrue(video.AsSpan().Count(scan) > 100);
        byte[] photo = [.. ColoredImages.Encode("red", extension: ".jpg"), .. video];

        Assert.AreEqual(DecodedSize(photo), ImageHeader.ReadSize(photo));
    }

    [TestMethod]
    [DataRow(new byte[] { 0xFF, 0xDA })]
    [DataRow(new byte[] { 0xFF, 0xFF, 0xFF, 0xDA })]
    [DataRow(new byte[] { 0xFF, 0x10, 0x7F, 0x12, 0xFF, 0xDA })] // within a reserved marker's segment, were it passed over
    [DataRow(new byte[] { 0xFF, 0xD0, 0x12, 0xFF, 0x00, 0xFF, 0xDA })]
    public void FindsNoSizeInAJpegWithMoreThan30Scans(byte[] marker)
    {
        var file = ColoredImages.Encode("red", extension: ".jpg"); // one scan

        Assert.AreEqual(DecodedSize(file), ImageHeader.ReadSize(WithScans(29)));
        Assert.IsNull(ImageHeader.ReadSize(WithScans(30)));

        byte[] WithScans(int more) =>
        [
            .. file[..^2],
            .. Enumerable.Repeat(marker.Concat<byte>([0, 8, 1, 1, 0, 0, 63, 0]), more).SelectMany(scan => scan),
            .. file[^2..],
        ];
    }

    [TestMethod]
    public void FindsNoSizeInCutAndArbitraryBytesAndNeverThrows()
    {
        var files = new List<byte[]>
        {
            ColoredImages.Encode("red"), ColoredImages.Encode("red", extension: ".jpg"), Convert.FromBase64String(LossyWebP),
            Convert.FromBase64String(LosslessWebP), WebP("VP8X", 0, 0, 0, 0, 0xFF, 0xFF, 0, 2, 2, 0),
        };
        var random = new Random(1);
        foreach (var file in files)
        {
            for (var length = 0; length < Math.Min(file.Length, 21); length++)
                Assert.IsNull(ImageHeader.ReadSize(file.AsSpan(0, length)), $"{length} bytes");
            for (var round = 0; round < 2000; round++)
            {
                var damaged = file[..random.Next(file.Length + 1)];
                for (var flips = random.Next(8); flips > 0 && damaged.Length > 0; flips--)
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                if (ImageHeader.ReadSize(damaged) is { } size)
                    Assert.IsTrue(size is { Width: > 0, Height: > 0 });
            }
        }
    }

    private static (uint Width, uint Height)? DecodedSize(byte[] file)
    {
        using var image = MLImage.CreateFromStream(new MemoryStream(file));
        return ((uint)image.Width, (uint)image.Height);
    }

    private static byte[] WebP(string chunk, params byte[] data) =>
    [
        .. "RIFF"u8, 0, 0, 0, 0, .. "WEBP"u8, .. chunk.Select(c => (byte)c), 0, 0, 0, 0, .. data,
    ];
}
