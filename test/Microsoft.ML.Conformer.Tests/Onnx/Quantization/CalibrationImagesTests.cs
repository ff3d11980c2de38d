using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Onnx.Quantization;

[TestClass]
public sealed class CalibrationImagesTests
{
    private readonly MLContext _context = new(seed: 1);
    private readonly NetworkInput _input = new(Photo.Side, new(), OnnxInputKind.PixelsNhwc);

    [TestMethod]
    public void FewImagesAreAllReadEachTime()
    {
        var photos = Photo.Set(7);
        var images = new CalibrationImages(_context.Data.LoadFromEnumerable(photos), "Image", _input);
        var first = Read(images);
        Assert.AreEqual(7, first.Count);
        CollectionAssert.AreEqual(first.SelectMany(image => image).ToArray(), Read(images).SelectMany(image => image).ToArray());
    }

    [TestMethod]
    public void OfManyImagesOnesAtEqualDistancesAreRead()
    {
        var photos = Photo.Set(3 * CalibrationImages.MaxImages);
        var all = Read(new CalibrationImages(_context.Data.LoadFromEnumerable(photos.Take(4)), "Image", _input));
        var images = Read(new CalibrationImages(_context.Data.LoadFromEnumerable(photos), "Image", _input));

        Assert.AreEqual(CalibrationImages.MaxImages, images.Count);
        CollectionAssert.AreEqual(all[0], images[0]);
        CollectionAssert.AreEqual(all[3], images[1]);
    }

    [TestMethod]
    public void AnUnreadableImageIsAnErrorThatNamesItsFile()
    {
        using var folder = new TemporaryFolder();
        var missing = folder.File("gone.png");
        var view = _context.Data.LoadFromEnumerable([new ImageRow { ImagePath = missing }]);
        var loaded = _context.Transforms.LoadImages("Image", "", "ImagePath").Fit(view).Transform(view);
        var images = new CalibrationImages(loaded, "Image", _input);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Read(images));
        StringAssert.Contains(error.Message, missing);
    }

    [TestMethod]
    public void AMissingColumnIsAnErrorThatNamesIt() => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => new CalibrationImages(_context.Data.LoadFromEnumerable(Photo.Set(1)), "Picture", _input)).Message,
        "'Picture'");

    private static List<float[]> Read(CalibrationImages images)
    {
        var all = new List<float[]>();
        foreach (var batch in images.Read())
            using (batch)
            {
                var count = (int)batch.GetTensorTypeAndShape().Shape[0];
                var values = batch.GetTensorDataAsSpan<float>();
                for (var i = 0; i < count; i++)
                    all.Add(values.Slice(i * values.Length / count, values.Length / count).ToArray());
            }
        return all;
    }

    private sealed class ImageRow
    {
        public string ImagePath { get; set; } = "";
    }
}
