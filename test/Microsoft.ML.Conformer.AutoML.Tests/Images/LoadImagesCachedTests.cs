using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class LoadImagesCachedTests
{
    [TestMethod]
    public void GivesThePixelsOfLoadImagesInEachPass()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(0);
        var files = SmallImages.Write(mlContext, folder, perClass: 2);
        var expected = Pixels(mlContext.Transforms.LoadImages("Image", null, "ImagePath").Fit(files).Transform(files));

        var view = mlContext.Transforms.LoadImagesCached("Image", null, "ImagePath").Fit(files).Transform(files);
        for (var pass = 0; pass < 2; pass++)
            CollectionAssert.AreEqual(expected, Pixels(view), $"pass {pass}");
    }

    [TestMethod]
    public void ReadsEachFileOnceForAllViewsOfAnEstimator()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(0);
        var files = SmallImages.Write(mlContext, folder, perClass: 2);
        var estimator = mlContext.Transforms.LoadImagesCached("Image", null, "ImagePath");
        var first = Pixels(estimator.Fit(files).Transform(files));

        foreach (var path in Directory.EnumerateFiles(folder.Path))
            File.Delete(path);

        CollectionAssert.AreEqual(first, Pixels(estimator.Fit(files).Transform(files)));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(SmallImages.Side * SmallImages.Side * 3 * 2)] // two of the four
    public void WhatExceedsTheMemoryIsReadBackAndNotDecodedAgain(long maxMemoryBytes)
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(0);
        var files = SmallImages.Write(mlContext, folder, perClass: 2);
        var view = mlContext.Transforms.LoadImagesCached("Image", null, "ImagePath", maxMemoryBytes).Fit(files).Transform(files);
        var decoded = Pixels(view);

        foreach (var path in Directory.EnumerateFiles(folder.File()))
            File.Delete(path);

        CollectionAssert.AreEqual(decoded, Pixels(view));
    }

    [TestMethod]
    public void PassesThatRunAtOnceGetTheSamePixels()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(0);
        var files = SmallImages.Write(mlContext, folder, perClass: 8);
        var expected = Pixels(mlContext.Transforms.LoadImages("Image", null, "ImagePath").Fit(files).Transform(files));
        var view = mlContext.Transforms.LoadImagesCached("Image", null, "ImagePath", maxMemoryBytes: 20_000).Fit(files).Transform(files);

        Parallel.For(0, 8, _ => CollectionAssert.AreEqual(expected, Pixels(view)));
    }

    [TestMethod]
    public void AnImageWithTransparencyKeepsIt()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(0);
        using (var image = MLImage.CreateFromPixels(2, 1, MLPixelFormat.Rgba32, [10, 20, 30, 255, 40, 50, 60, 128]))
            image.Save(folder.File("a.png"));
        var files = mlContext.Data.LoadFromEnumerable([new ImageFileRow { ImagePath = folder.File("a.png") }]);
        var expected = Pixels(mlContext.Transforms.LoadImages("Image", null, "ImagePath").Fit(files).Transform(files));

        var view = mlContext.Transforms.LoadImagesCached("Image", null, "ImagePath").Fit(files).Transform(files);

        CollectionAssert.AreEqual(expected, Pixels(view));
        CollectionAssert.AreEqual(expected, Pixels(view));
    }

    [TestMethod]
    public void ANegativeAmountOfMemoryIsRefused() => Assert.ThrowsExactly<ArgumentOutOfRangeException>(
        () => new MLContext(0).Transforms.LoadImagesCached("Image", null, "ImagePath", maxMemoryBytes: -1));

    [TestMethod]
    public void AnImageColumnNamedLikeThePathsIsRefused() =>
        Assert.ThrowsExactly<ArgumentException>(() => new MLContext(0).Transforms.LoadImagesCached("Image", null, "Image"));

    private static List<string> Pixels(IDataView view)
    {
        var pixels = new List<string>();
        using var cursor = view.GetRowCursor([view.Schema["Image"]]);
        var getter = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        MLImage image = null!;
        while (cursor.MoveNext())
        {
            getter(ref image);
            pixels.Add($"{image.Width}x{image.Height} {image.PixelFormat} {image.Tag} {Convert.ToHexString(image.Pixels)}");
        }
        return pixels;
    }
}
