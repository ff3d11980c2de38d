using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Data;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Data;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;

namespace Microsoft.ML.Conformer.Tests.Onnx.Graph;

/// <summary>The preparation of photos inside the graph against the C# code that scores and trains, bit for bit.</summary>
[TestClass]
public sealed class PhotoPreprocessingTests
{
    [TestMethod]
    [DataRow(320, 240, 96)]
    [DataRow(241, 333, 96)]
    [DataRow(50, 40, 96)]
    [DataRow(300, 256, 224)]
    [DataRow(1023, 767, 33)]
    [DataRow(33, 32, 32)]
    [DataRow(96, 97, 96)]
    public void TheCropIsTheOneOfTheCSharpCode(int width, int height, int size) => AssertSameCrop(FormulaImage.Rgb(width, height), size);

    [TestMethod]
    [DataRow(1, 1, 32)]
    [DataRow(2, 1, 1)]
    [DataRow(1, 300, 32)]
    [DataRow(4000, 1, 32)]
    [DataRow(3, 2000, 32)]
    [DataRow(2, 30000, 16)]
    public void TinyAndExtremelyLongPhotosAreCroppedTheSame(int width, int height, int size) =>
        AssertSameCrop(FormulaImage.Rgb(width, height), size);

    [TestMethod]
    public void EverySizeAroundARoundingOfTheCropIsTheSame()
    {
        // Widths whose scaled sides fall on or near a half, and crops with odd and even margins.
        for (var width = 60; width < 84; width++)
            foreach (var size in (int[])[16, 21, 28])
                AssertSameCrop(FormulaImage.Rgb(width, 48, width), size);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(32)]
    [DataRow(57)]
    public void APhotoOfTheNetworksSizeIsTakenAsItIs(int size)
    {
        var photo = FormulaImage.Rgb(size, size);
        using var graph = CropGraph(size);

        CollectionAssert.AreEqual(photo.Pixels, Crop(graph, size, photo));
    }

    [TestMethod]
    public void ThePhotosOfABatchAreEachCroppedAsAlone()
    {
        const int size = 24;
        RgbImage[] photos = [FormulaImage.Rgb(50, 31, 1), FormulaImage.Rgb(50, 31, 2), FormulaImage.Rgb(50, 31, 3)];
        using var graph = CropGraph(size);

        var together = Crop(graph, size, photos);

        CollectionAssert.AreEqual(photos.SelectMany(photo => Crop(graph, size, photo)).ToArray(), together);
    }

    [TestMethod]
    public void RealPhotosAreCroppedTheSame()
    {
        var folder = SharedData.FolderOrInconclusive("flowers");
        using var graph = CropGraph(96);
        foreach (var path in Directory.EnumerateFiles(folder, "*.jpg", SearchOption.AllDirectories).Order().Where((_, i) => i % 20 == 0))
        {
            using var image = MLImage.CreateFromFile(path);
            AssertSameCrop(graph, RgbImage.FromMLImage(image), 96, Path.GetFileName(path));
        }
    }

    private static void AssertSameCrop(RgbImage photo, int size)
    {
        using var graph = CropGraph(size);
        AssertSameCrop(graph, photo, size, $"{photo.Width} x {photo.Height} to {size}");
    }

    private static void AssertSameCrop(ExportedGraph graph, RgbImage photo, int size, string what)
    {
        var crop = new byte[3 * size * size];
        new ImagePreprocessor(size, new()).CenterCrop(photo, crop);
        CollectionAssert.AreEqual(crop, Crop(graph, size, photo), what);
    }

    /// <summary>The graph's crops of photos of one size, [N, S, S, 3].</summary>
    private static byte[] Crop(ExportedGraph graph, int size, params RgbImage[] photos)
    {
        byte[] pixels = [.. photos.SelectMany(photo => photo.Pixels[..photo.ByteCount])];
        var planes = graph.Run<float>("photo.crop", pixels, photos.Length, photos[0].Height, photos[0].Width, 3);
        Assert.AreEqual(photos.Length * 3 * size * size, planes.Length);
        Assert.IsTrue(planes.All(value => value is >= 0 and <= 255 && value == MathF.Truncate(value)), "whole numbers, 0-255");
        return [.. planes.Chunk(3 * size * size).SelectMany(
            planesOfOne => planesOfOne.Select((_, i) => (byte)planesOfOne[i % 3 * size * size + i / 3]))];
    }

    private static ExportedGraph CropGraph(int size)
    {
        var builder = new GraphBuilder();
        var crop = new PhotoPreprocessing(builder, size, new ImagePreprocessing()).Crop("image");
        OnnxDimension height = OnnxDimension.Free("height"), width = OnnxDimension.Free("width");
        builder.Output(crop, OnnxElementType.Float, OnnxDimension.Batch, 3, size, size);
        return new ExportedGraph(new OnnxModel
        {
            GraphName = "crop",
            ProducerName = "test",
            ProducerVersion = "1",
            Nodes = builder.Nodes,
            Initializers = builder.Initializers,
            ValueInfos = builder.ValueInfos,
            Inputs = [new ValueInfoProto("image", OnnxElementType.Uint8, [OnnxDimension.Batch, height, width, 3])],
            Outputs = builder.Outputs,
            Metadata = [],
        });
    }
}
