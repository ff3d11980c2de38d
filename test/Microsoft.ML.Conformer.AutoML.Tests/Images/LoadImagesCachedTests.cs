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
    public void KeepsNoMoreThanItMay()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(0);
        var files = SmallImages.Write(mlContext, folder, perClass: 2);
        const int ImageBytes = SmallImages.Side * SmallImages.Side * 4;
        var estimator = mlContext.Transforms.LoadImagesCached("Image", null, "ImagePath", maxBytes: ImageBytes * 3 - 1);
        Pixels(estimator.Fit(files).Transform(files));

        var paths = files.GetColumn<string>("ImagePath").ToList();
        File.Delete(paths[0]);
        File.Delete(paths[1]);
        Assert.AreEqual(4, Pixels(estimator.Fit(files).Transform(files)).Count);
        File.Delete(paths[2]);
        Assert.ThrowsExactly<FileNotFoundException>(() => Pixels(estimator.Fit(files).Transform(files)));
    }

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
