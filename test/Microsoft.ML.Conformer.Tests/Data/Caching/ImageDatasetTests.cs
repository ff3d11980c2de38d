using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Reading;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Data.Caching;

[TestClass]
public sealed class ImageDatasetTests
{
    private static readonly ImageReadOptions _options =
        new() { ImageColumnName = "Image", LabelColumnName = "Label", Preprocessor = new(16, new()) };

    [TestMethod]
    public void KeepsTrainingImagesWholeAndLabelsFromZero()
    {
        using var dataset = Read(ImageRowsView.Good(4));

        CollectionAssert.AreEqual(new long[] { 0, 1, 0, 1 }, dataset.Labels.ToArray());
        for (var i = 0; i < 4; i++)
            AssertPixels(FormulaImage.Rgb(20 + i, 20, i), dataset, i);
    }

    [TestMethod]
    public void ASampleIsSomeRowsDrawnByASeedAndNoOtherImageIsRead()
    {
        var read = new List<int>();
        var rows = ImageRowsView.Good(40).Select((row, i) => row with
        {
            Image = last =>
            {
                read.Add(i);
                return row.Image(last);
            },
        }).ToList();
        List<int> Sample(int count, int seed)
        {
            read.Clear();
            using var dataset = Read(rows, _options with { Sample = new ImageSample(count, seed) });
            Assert.AreEqual(read.Count, dataset.Count);
            return [.. read];
        }

        var first = Sample(5, seed: 1);

        Assert.AreEqual(5, first.Distinct().Count());
        Assert.IsTrue(first.Max() > 10, "they are not the first ones");
        CollectionAssert.AreEqual(first, Sample(5, seed: 1));
        CollectionAssert.AreNotEqual(first, Sample(5, seed: 2));
        CollectionAssert.AreEqual(Enumerable.Range(0, 40).ToList(), Sample(50, seed: 1));
    }

    [TestMethod]
    public void KeepsEvaluationImagesAsCenterCrops()
    {
        using var dataset = ImageDataset.ForEvaluation(new ImageRowsView(ImageRowsView.Good(3)), _options, default);

        var crop = new byte[16 * 16 * 3];
        new ImagePreprocessor(16, new()).CenterCrop(FormulaImage.Rgb(22, 20, 2), crop);
        AssertPixels(new RgbImage(16, 16, crop), dataset, 2);
    }

    [TestMethod]
    public void ShrinksTrainingImagesThatAreMuchLargerThanNeeded()
    {
        // The bound for 16 pixels: 2.5 * 16 / 0.875, rounded up.
        using var dataset = Read([new(1, _ => FormulaImage.MLImage(200, 100)), new(1, _ => FormulaImage.MLImage(46, 46))]);

        AssertPixels(Resampler.Resize(FormulaImage.Rgb(200, 100), 92, 46, ResamplingKernel.Bicubic), dataset, 0);
        AssertPixels(FormulaImage.Rgb(46, 46), dataset, 1);
    }

    [TestMethod]
    public void ThrowNamesTheFileOfABadImage()
    {
        var rows = ImageRowsView.Good(3);
        rows[1] = new(1, _ => throw new ArgumentException("Invalid input stream contents"), "roses/broken.jpg");

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Read(rows));

        StringAssert.Contains(error.Message, "roses/broken.jpg");
        StringAssert.Contains(error.Message, "row 1");
        StringAssert.Contains(error.Message, "Invalid input stream contents");
        Assert.IsInstanceOfType<ArgumentException>(error.InnerException);
    }

    [TestMethod]
    public void TheMissingFileIsNamedByItsError()
    {
        var rows = ImageRowsView.Good(1);
        rows.Add(new(1, _ => throw new FileNotFoundException("Could not find file.", "/photos/gone.jpg"), "gone.jpg"));

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(rows)).Message, "/photos/gone.jpg");
    }

    [TestMethod]
    public void SkipReportsEachBadImageAndGoesOn()
    {
        var rows = ImageRowsView.Good(6);
        rows[0] = new(1, _ => throw new IOException("cut off"), "first.jpg");
        rows[2] = new(1, _ => null, "empty.jpg");
        rows[4] = new(2, _ => Disposed(), "");
        var reported = new List<BadImage>();

        using var dataset = Read(rows, _options with { BadImages = BadImagePolicy.Skip, OnBadImage = reported.Add });

        Assert.AreEqual(3, dataset.Count);
        Assert.AreEqual(3, dataset.BadImageCount);
        AssertPixels(FormulaImage.Rgb(21, 20, 1), dataset, 0);
        AssertPixels(FormulaImage.Rgb(23, 20, 3), dataset, 1);
        AssertPixels(FormulaImage.Rgb(25, 20, 5), dataset, 2);
        CollectionAssert.AreEqual(new[] { "first.jpg", "empty.jpg", null }, reported.Select(bad => bad.Path).ToArray());
        CollectionAssert.AreEqual(new long[] { 0, 2, 4 }, reported.Select(bad => bad.Row).ToArray());
        StringAssert.Contains(reported[1].Describe(), "missing");
    }

    [TestMethod]
    public void AMissingDecoderIsNoFaultOfTheImage()
    {
        var rows = ImageRowsView.Good(1);
        rows.Add(new(1, _ => throw new DllNotFoundException("libSkiaSharp")));

        Assert.ThrowsExactly<DllNotFoundException>(() => Read(rows, _options with { BadImages = BadImagePolicy.Skip }));
    }

    [TestMethod]
    public void AnImageThatCannotBePreparedIsBadAndNamesItsFile()
    {
        var rows = ImageRowReader.Decode(
            ImageRowReader.Take(new ImageRowsView(ImageRowsView.Good(3)), _options, default), _options, Prepare, default).ToList();

        CollectionAssert.AreEqual(new[] { true, false, true }, rows.Select(row => row.Image is not null).ToArray());
        Assert.AreEqual((1L, "1.jpg"), (rows[1].Fault!.Row, rows[1].Fault!.Path));
        StringAssert.Contains(rows[1].Fault!.Describe(), "too large for the memory");

        // The second image is 21 pixels wide.
        static RgbImage Prepare(RgbImage image) =>
            image.Width == 21 ? throw new OutOfMemoryException("too large for the memory") : image;
    }

    [TestMethod]
    public void AGetterThatLeavesTheLastImageInPlaceGivesNoImage()
    {
        var rows = ImageRowsView.Good(3);
        rows[0] = new(1, _ => Tagged(FormulaImage.MLImage(20, 20), "0.jpg"));
        rows[1] = new(2, last => last);

        using var dataset = Read(rows, _options with { BadImages = BadImagePolicy.Skip });

        Assert.AreEqual(2, dataset.Count);
        Assert.AreEqual(1, dataset.BadImageCount);
        AssertPixels(FormulaImage.Rgb(22, 20, 2), dataset, 1);
    }

    [TestMethod]
    public void AGetterThatOnlyDisposesTheLastImageGivesNoImage()
    {
        // As ResizeImages does where the row has no image.
        var rows = ImageRowsView.Good(3);
        rows[0] = new(1, _ => Tagged(FormulaImage.MLImage(20, 20), "0.jpg"));
        rows[1] = new(2, last => { last?.Dispose(); return last; });

        using var dataset = Read(rows, _options with { BadImages = BadImagePolicy.Skip });

        Assert.AreEqual(2, dataset.Count);
        AssertPixels(FormulaImage.Rgb(22, 20, 2), dataset, 1);
    }

    [TestMethod]
    public void RowsMayShareAnImageInMemoryAndItStaysUsable()
    {
        using var shared = FormulaImage.MLImage(20, 20);
        using var tagged = Tagged(FormulaImage.MLImage(30, 20), "mine");
        // The first two pass through ResizeImages at its target size, which disposes what it is given back.
        ImageRowSource passed = new(1, last => { last?.Dispose(); return shared; });
        ImageRowSource direct = new(1, _ => tagged);

        using var dataset = Read([passed, passed, direct, direct]);

        Assert.AreEqual(4, dataset.Count);
        AssertPixels(FormulaImage.Rgb(20, 20), dataset, 1);
        AssertPixels(FormulaImage.Rgb(30, 20), dataset, 3);
        Assert.AreEqual(20, shared.Width);
        Assert.AreEqual(30, tagged.Width);
    }

    [TestMethod]
    public void ImagesThatLoadImagesTaggedAreGivenBackToIt()
    {
        var made = new List<MLImage>();
        ImageRowSource row = new(1, last =>
        {
            last?.Dispose();
            made.Add(Tagged(FormulaImage.MLImage(20, 20), "x.jpg"));
            return made[^1];
        });

        using var dataset = Read([.. Enumerable.Repeat(row, 4)]);

        foreach (var image in made[..^1])
            Assert.ThrowsExactly<InvalidOperationException>(() => image.Width);
        made[^1].Dispose();
    }

    [TestMethod]
    public void RowsWithoutALabelAreCountedAndNotDecoded()
    {
        var rows = ImageRowsView.Good(2);
        rows.Insert(1, new(0, _ => throw new InvalidOperationException("decoded")));
        rows.Add(new(11, _ => throw new InvalidOperationException("a key above its count is missing")));

        using var dataset = Read(rows);

        Assert.AreEqual(2, dataset.Count);
        Assert.AreEqual(2, dataset.UnlabeledCount);
    }

    [TestMethod]
    public void CancellingEndsTheReadingAtTheNextRow()
    {
        using var stop = new CancellationTokenSource();
        var read = 0;
        var options = _options with { OnImageRead = _ => { if (++read == 2) stop.Cancel(); } };

        Assert.ThrowsExactly<OperationCanceledException>(
            () => ImageDataset.ForTraining(new ImageRowsView(ImageRowsView.Good(5)), options, stop.Token));

        Assert.AreEqual(2, read);
    }

    [TestMethod]
    [DataRow("Photo", "Label", "'Photo'")]
    [DataRow("Label", "Label", "'Label'")]
    [DataRow("Image", "ImagePath", "'ImagePath'")]
    public void NamesAColumnThatIsAbsentOrOfAnotherType(string image, string label, string named)
    {
        var options = _options with { ImageColumnName = image, LabelColumnName = label };

        var error = Assert.ThrowsExactly<ArgumentException>(() => Read(ImageRowsView.Good(1), options));

        StringAssert.Contains(error.Message, named);
    }

    private static ImageDataset Read(IReadOnlyList<ImageRowSource> rows, ImageReadOptions? options = null) =>
        ImageDataset.ForTraining(new ImageRowsView(rows), options ?? _options, default);

    private static void AssertPixels(RgbImage expected, ImageDataset dataset, int index)
    {
        using var lease = dataset.Rent(index);
        Assert.AreEqual((expected.Width, expected.Height), (lease.Image.Width, lease.Image.Height));
        Assert.IsTrue(expected.Pixels.AsSpan(0, expected.ByteCount).SequenceEqual(lease.Image.Pixels.AsSpan(0, expected.ByteCount)));
    }

    private static MLImage Tagged(MLImage image, string tag)
    {
        image.Tag = tag;
        return image;
    }

    private static MLImage Disposed()
    {
        var image = FormulaImage.MLImage(4, 4);
        image.Dispose();
        return image;
    }
}
