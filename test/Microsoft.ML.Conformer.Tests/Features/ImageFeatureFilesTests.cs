using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Features;

/// <summary>Features of files in other forms than SaveAsOnnx writes by default.</summary>
[TestClass]
public sealed class ImageFeatureFilesTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _data = Photo.View(_context, Photo.Set(12));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AFileIn16BitsHasNoneAndSaysWhichOneToTake(bool dynamicImageSize)
    {
        using var folder = new TemporaryFolder();
        using var conformer = Load(
            folder, new OnnxExportOptions { Precision = OnnxPrecision.Float16, DynamicImageSize = dynamicImageSize });

        AssertSaysWhichFileToTake(conformer, ImageFeatures.Embeddings);
        AssertSaysWhichFileToTake(conformer, ImageFeatures.FeatureMaps);
    }

    [TestMethod]
    public void AFileForAnyImageSizeHasEmbeddingsButNoMapsAndSaysWhichOneToTake()
    {
        using var folder = new TemporaryFolder();
        using var oneSize = Load(folder, new OnnxExportOptions());
        using var anySize = Load(folder, new OnnxExportOptions { DynamicImageSize = true });
        using ImageFeatureTransformer expected = oneSize.ExtractFeatures(), actual = anySize.ExtractFeatures();

        foreach (var column in (string[])["ConvEmbedding", "TransformerEmbedding"])
            Assert.AreClose(Values(expected, column), Values(actual, column), 1e-5, column);
        AssertSaysWhichFileToTake(anySize, ImageFeatures.FeatureMaps);
    }

    [TestMethod]
    public void FeaturesOfAFileIn8BitsAreNearThoseOfTheNetwork()
    {
        using var folder = new TemporaryFolder();
        using var exact = Load(folder, new OnnxExportOptions());
        using var rounded = Load(folder, new OnnxExportOptions { Precision = OnnxPrecision.Int8, CalibrationImages = _data });
        const ImageFeatures all = ImageFeatures.Embeddings | ImageFeatures.FeatureMaps;
        using ImageFeatureTransformer expected = exact.ExtractFeatures(new() { Features = all }), actual = rounded.ExtractFeatures(new() { Features = all });

        foreach (var column in Enum.GetNames<ImageFeatures>().Except(["Embeddings", "FeatureMaps"]))
        {
            var (values, near) = (Values(expected, column), Values(actual, column));
            // Some 40 roundings on the way through six blocks by half a step, 1/255 of a range, whose errors mostly cancel.
            var difference = Deviation.Relative(values, near, column);
            Assert.IsTrue(difference < 40 * 0.5 / 255, $"{column}: {difference:g3} off");
            CollectionAssert.AreNotEqual(values, near, $"{column}: nothing was rounded");
        }
    }

    private static void AssertSaysWhichFileToTake(ImageClassifierTransformer conformer, ImageFeatures features)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => conformer.ExtractFeatures(new() { Features = features }), $"{features}");
        StringAssert.Contains(error.Message, "32-bit floats");
        StringAssert.Contains(error.Message, "one image size");
    }

    private static ImageClassifierTransformer Load(TemporaryFolder folder, OnnxExportOptions options)
    {
        var path = folder.File($"{options.Precision}.onnx");
        FeatureModel.Create(_data).SaveOnnx(path, options);
        return _context.Model.LoadImageClassifier(path);
    }

    private static float[] Values(ImageFeatureTransformer features, string column) =>
        [.. ScoringModel.Scores(features.Transform(_data), column).SelectMany(row => row)];
}
