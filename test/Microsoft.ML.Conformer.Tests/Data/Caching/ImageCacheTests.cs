using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Caching;

[TestClass]
public sealed class ImageCacheTests
{
    private readonly TemporaryFolder _temporary = new();

    private string Folder => _temporary.File("cache");

    [TestCleanup]
    public void DeleteFolder() => _temporary.Dispose();

    [TestMethod]
    public void ImagesBeyondTheLimitComeBackFromTheFile()
    {
        var images = Enumerable.Range(0, 30).Select(i => FormulaImage.Rgb(5 + i, 40 - i, offset: i)).ToList();
        using (var cache = new ImageCache(maxMemoryBytes: 2000, Folder))
        {
            foreach (var image in images)
                cache.Add(image);
            Assert.IsTrue(cache.IsSpilled);

            Parallel.For(0, 300, i =>
            {
                var expected = images[i % images.Count];
                using var lease = cache.Rent(i % images.Count);
                Assert.AreEqual((expected.Width, expected.Height), (lease.Image.Width, lease.Image.Height));
                Assert.IsTrue(expected.Pixels.AsSpan().SequenceEqual(lease.Image.Pixels.AsSpan(0, expected.ByteCount)));
            });
        }

        Assert.AreEqual(0, Directory.GetFileSystemEntries(Folder).Length);
    }

    [TestMethod]
    public void WithinTheLimitThereIsNoFile()
    {
        using var cache = new ImageCache(maxMemoryBytes: 48, Folder);
        cache.Add(FormulaImage.Rgb(4, 4));

        Assert.IsFalse(cache.IsSpilled);
        Assert.IsFalse(Directory.Exists(Folder));
        using var lease = cache.Rent(0);
        CollectionAssert.AreEqual(FormulaImage.Rgb(4, 4).Pixels, lease.Image.Pixels);
    }

    [TestMethod]
    public void ADisposedCacheSaysSo()
    {
        var cache = new ImageCache(0, Folder);
        cache.Add(FormulaImage.Rgb(4, 4));
        cache.Dispose();
        cache.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => cache.Rent(0));
    }
}
