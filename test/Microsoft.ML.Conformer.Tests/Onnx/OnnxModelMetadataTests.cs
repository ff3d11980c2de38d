using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;

namespace Microsoft.ML.Conformer.Tests.Onnx;

[TestClass]
public sealed class OnnxModelMetadataTests
{
    [TestMethod]
    public void AFileTellsWhatItHoldsAndHowToPrepareItsImages()
    {
        var architecture = ExportedGraph.Micro with { QkvBias = false, DownSampling = DownSampling.Maximum };
        var settings = ExportedGraph.Settings(48, 32) with
        {
            InputKind = OnnxInputKind.PixelsNhwc,
            Labels = ["rose", "Gänseblümchen", "\"\\", "菊", ""],
            Preprocessing = new ImagePreprocessing { Mean = [0.5f, 0.25f, 0.125f], CropFraction = 1, Interpolation = "bilinear" },
        };
        using var graph = new ExportedGraph(architecture, ExportedGraph.Weights(architecture), settings);

        var metadata = OnnxModelMetadata.Parse(graph.Metadata);

        Assert.AreEqual(architecture, metadata.Architecture);
        Assert.AreEqual((48, 32, OnnxInputKind.PixelsNhwc), (metadata.ImageHeight, metadata.ImageWidth, metadata.InputKind));
        CollectionAssert.AreEqual(settings.Labels.ToArray(), metadata.Labels!.ToArray());
        CollectionAssert.AreEqual(settings.Preprocessing.Mean.ToArray(), metadata.Preprocessing.Mean.ToArray());
        CollectionAssert.AreEqual(settings.Preprocessing.Std.ToArray(), metadata.Preprocessing.Std.ToArray());
        Assert.AreEqual((1.0, "bilinear"), (metadata.Preprocessing.CropFraction, metadata.Preprocessing.Interpolation));
        Assert.AreEqual(OnnxModelMetadata.CurrentVersion, metadata.LibraryVersion);
    }

    [TestMethod]
    public void LabelsAreAbsentWhereNoneWereGiven()
    {
        var weights = ExportedGraph.Weights(ExportedGraph.Micro);
        using var graph = new ExportedGraph(ExportedGraph.Micro, weights, ExportedGraph.Settings(32, 32));
        Assert.IsNull(OnnxModelMetadata.Parse(graph.Metadata).Labels);
    }

    [TestMethod]
    public void TheMetadataOfAForeignFileIsAnErrorThatNamesTheEntry()
    {
        var error = Assert.ThrowsExactly<FormatException>(() => OnnxModelMetadata.Parse(new Dictionary<string, string>()));
        StringAssert.Contains(error.Message, "'conformer.input'");
    }

    [TestMethod]
    [DataRow("conformer.architecture", "{")]
    [DataRow("conformer.input", "{}")]
    [DataRow("conformer.input", "null")]
    [DataRow("conformer.preprocessing", "{\"mean\":null}")]
    public void ADamagedEntryIsAnErrorThatNamesIt(string key, string value)
    {
        var entries = new Dictionary<string, string>(OnnxModelMetadata.Of(ExportedGraph.Micro, ExportedGraph.Settings(32, 32)).ToEntries())
        {
            [key] = value,
        };
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => OnnxModelMetadata.Parse(entries)).Message, $"'{key}'");
    }
}
