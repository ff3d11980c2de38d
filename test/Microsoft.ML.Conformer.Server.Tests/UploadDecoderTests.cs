using Conformer.Server.Images;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Tests.Data;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Conformer.Server.Tests;

/// <summary>The server's pixels are those that the library sees, which come from ML.NET's decoder.</summary>
[TestClass]
public sealed class UploadDecoderTests
{
    private const int Side = 37;

    [TestMethod]
    [DataRow(".jpg")]
    [DataRow(".png")]
    [DataRow(".webp")]
    [DataRow(".bmp")]
    public Task OfAColorImage(string extension) => AssertSamePixelsAsync(ColoredImages.Encode("red", 3, Side, Side, extension));

    [TestMethod]
    [DataRow(SKEncodedImageFormat.Png, SKColorType.Gray8, SKAlphaType.Opaque)]
    [DataRow(SKEncodedImageFormat.Jpeg, SKColorType.Gray8, SKAlphaType.Opaque)]
    [DataRow(SKEncodedImageFormat.Png, SKColorType.Rgba8888, SKAlphaType.Unpremul)]
    [DataRow(SKEncodedImageFormat.Webp, SKColorType.Rgba8888, SKAlphaType.Unpremul)]
    public Task OfAGrayOrTransparentImage(SKEncodedImageFormat format, SKColorType color, SKAlphaType alpha)
    {
        var info = new SKImageInfo(Side, Side, color, alpha);
        var pixels = new byte[info.BytesSize];
        new Random(5).NextBytes(pixels);
        using var image = SKImage.FromPixelCopy(info, pixels);
        using var data = image.Encode(format, quality: 90);
        return AssertSamePixelsAsync(data.ToArray());
    }

    [TestMethod]
    public Task OfAGif() => AssertSamePixelsAsync(ColoredImages.Encode("blue", width: 10, height: 10, extension: ".gif"));

    [TestMethod]
    public async Task OfRealPhotos()
    {
        var photos = Directory.GetFiles(SharedData.FolderOrInconclusive("flowers"), "*.jpg", SearchOption.AllDirectories);
        foreach (var photo in photos.Order(StringComparer.Ordinal).Take(20))
            await AssertSamePixelsAsync(await File.ReadAllBytesAsync(photo));
    }

    [TestMethod]
    public async Task OtherWorkTakesItsTurnAmongTheImagesToDecodeAndIsNotBegunForWhoWentAway()
    {
        using var decoder = new UploadDecoder(new Limits(), threads: 1);
        using var gate = new ManualResetEventSlim();
        using var leaving = new CancellationTokenSource();
        var (begun, done) = (new TaskCompletionSource(), false);
        var first = Task.Run(() => decoder.InTurnAsync(
            () =>
            {
                begun.SetResult();
                return gate.Wait(Patience.Limit);
            },
            CancellationToken.None));
        await begun.Task.WaitAsync(Patience.Limit);
        var abandoned = decoder.InTurnAsync(() => done = true, leaving.Token);
        var decoded = decoder.DecodeAsync(ColoredImages.Encode("red"), ImageBackground.Black, CancellationToken.None);

        Assert.IsFalse(decoded.IsCompleted);
        await leaving.CancelAsync();
        gate.Set();

        Assert.IsTrue(await first);
        (await decoded.WaitAsync(Patience.Limit)).Dispose();
        await Assert.ThrowsAsync<OperationCanceledException>(() => abandoned);
        Assert.IsFalse(done);
    }

    private static async Task AssertSamePixelsAsync(byte[] file)
    {
        using var decoder = new UploadDecoder(new Limits(), threads: 1);
        using var decoded = await decoder.DecodeAsync(file, ImageBackground.Black, CancellationToken.None);
        using var expected = MLImage.CreateFromStream(new MemoryStream(file));
        Assert.AreEqual((expected.Width, expected.Height), (decoded.Pixels.Width, decoded.Pixels.Height));
        CollectionAssert.AreEqual(Rgb(expected), Rgb(decoded.Pixels));
    }

    private static byte[] Rgb(MLImage image)
    {
        var red = image.PixelFormat == MLPixelFormat.Bgra32 ? 2 : 0;
        var pixels = image.Pixels.ToArray();
        return
        [
            .. Enumerable.Range(0, pixels.Length / 4)
                .SelectMany(i => new[] { pixels[4 * i + red], pixels[4 * i + 1], pixels[4 * i + 2 - red] }),
        ];
    }
}
