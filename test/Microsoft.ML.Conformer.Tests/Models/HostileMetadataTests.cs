using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>Files whose metadata cannot be of the network in them: all are refused in the same way, whatever they say.</summary>
[TestClass]
public sealed class HostileMetadataTests
{
    private const string Architecture = "conformer.architecture", Preprocessing = "conformer.preprocessing",
        Input = "conformer.input", Labels = "conformer.labels", LabelType = "conformer.labelType",
        Temperature = "conformer.temperature";

    private static readonly MLContext _context = new(seed: 1);
    private static readonly TemporaryFolder _folder = new();

    /// <summary>Files that load: of named classes, of classes without names, and one that takes pixels.</summary>
    [ClassInitialize]
    public static void WriteFiles(TestContext _)
    {
        using var model = ScoringModel.Create(Photo.View(_context, []));
        model.SaveAsOnnx(_folder.File("named.onnx"));
        File.WriteAllBytes(_folder.File("unnamed.onnx"), ExportedGraph.Export(
            ScoringModel.Architecture, ExportedGraph.Weights(ScoringModel.Architecture), ExportedGraph.Settings(Photo.Side, Photo.Side)));
        using var pixels = File.Create(_folder.File("pixels.onnx"));
        ScoringModel.TrainedOn(Photo.View(_context, [])).WritePortableOnnx(pixels);
    }

    [ClassCleanup]
    public static void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    [DataRow("\"numClasses\":3", "\"numClasses\":-1")]
    [DataRow("\"numClasses\":3", "\"numClasses\":0")]
    [DataRow("\"numClasses\":3", "\"numClasses\":2000000000")]
    [DataRow("\"numClasses\":3", "\"numClasses\":4")]
    [DataRow("\"inputChannels\":3", "\"inputChannels\":0")]
    [DataRow("\"inputChannels\":3", "\"inputChannels\":1")]
    [DataRow("\"kind\":\"conformer\"", "\"kind\":\"other\"")]
    [DataRow("\"kind\":\"conformer\"", "\"kind\":\"\\ud800\"")]
    [DataRow("\"kind\":\"conformer\"", "\"\\ud800\":0")]
    [DataRow("\"patchSize\":16", "\"patchSize\":0")]
    [DataRow("\"patchSize\":16", "\"patchSize\":2147483632")]
    [DataRow("\"channelRatio\":0.25", "\"channelRatio\":0")]
    [DataRow("\"channelRatio\":0.25", "\"channelRatio\":1e9")]
    [DataRow("\"bottlenecksPerBlock\":0", "\"bottlenecksPerBlock\":-1")]
    [DataRow("\"bottlenecksPerBlock\":0", "\"bottlenecksPerBlock\":2147483647")]
    [DataRow("\"bottlenecksPerBlock\":0,\"embedDim\":24,\"numHeads\":2,\"depth\":3",
        "\"bottlenecksPerBlock\":1023,\"embedDim\":24,\"numHeads\":2,\"depth\":1023")]
    [DataRow("\"embedDim\":24", "\"embedDim\":-24")]
    [DataRow("\"numHeads\":2", "\"numHeads\":0")]
    [DataRow("\"depth\":3", "\"depth\":1")]
    [DataRow("\"depth\":3", "\"depth\":2147483646")]
    [DataRow("\"mlpRatio\":2", "\"mlpRatio\":-2")]
    [DataRow("\"mlpRatio\":2", "\"mlpRatio\":1e300")]
    public void AnArchitectureThatCannotBeIsRefused(string value, string hostile)
    {
        foreach (var file in (string[])["named.onnx", "unnamed.onnx", "pixels.onnx"])
            AssertRefused(file, Architecture, entry => Replaced(entry, value, hostile));
    }

    [TestMethod]
    [DataRow("\"std\":[0.229,0.224,0.225]", "\"std\":[]")]
    [DataRow("\"std\":[0.229,0.224,0.225]", "\"std\":[0.229,0,0.225]")]
    [DataRow("\"std\":[0.229,0.224,0.225]", "\"std\":[1e-45,0.224,0.225]")]
    [DataRow("\"mean\":[0.485,0.456,0.406]", "\"mean\":[]")]
    [DataRow("\"cropFraction\":0.875", "\"cropFraction\":1e-9")]
    [DataRow("\"interpolation\":\"bicubic\"", "\"interpolation\":\"nearest\"")]
    public void PreprocessingThatCannotBeIsRefused(string value, string hostile)
    {
        foreach (var file in (string[])["named.onnx", "pixels.onnx"])
            AssertRefused(file, Preprocessing, entry => Replaced(entry, value, hostile));
    }

    [TestMethod]
    [DataRow(Labels, "[\"blue\",null,\"red\"]")]
    [DataRow(Labels, "[null,null,null]")]
    [DataRow(Labels, "[]")]
    [DataRow(Labels, "{}")]
    [DataRow(LabelType, "Int32")] // blue is no number
    [DataRow(LabelType, "")]
    [DataRow(Input, "{\"kind\":\"NormalizedNchw\",\"height\":2000000000,\"width\":2000000000}")]
    [DataRow(Input, "{\"kind\":\"NormalizedNchw\",\"height\":-1,\"width\":-1}")]
    [DataRow(Input, "{\"kind\":\"NormalizedNchw\",\"height\":64,\"width\":64}")]
    [DataRow(Input, "{\"kind\":\"PixelsNhwc\",\"height\":32,\"width\":32}")]
    [DataRow(Input, "{\"kind\":7,\"height\":32,\"width\":32}")]
    [DataRow(Temperature, "0")]
    [DataRow(Temperature, "-1")]
    [DataRow(Temperature, "NaN")]
    [DataRow(Temperature, "Infinity")]
    [DataRow(Temperature, "1e999")]
    [DataRow(Temperature, "")]
    [DataRow(Temperature, "1,5")]
    public void AnEntryThatDoesNotFitIsRefused(string key, string hostile) => AssertRefused("named.onnx", key, _ => hostile);

    [TestMethod]
    [DataRow("Int32")]
    [DataRow("Boolean")]
    public void AbsentNamesOfNumbersAreRefused(string labelType) =>
        AssertRefused("named.onnx", Labels, _ => "[\"1\",null,\"2\"]", (LabelType, labelType));

    [TestMethod]
    public void TheFilesLoadAsTheyWereWritten()
    {
        foreach (var file in (string[])["named.onnx", "unnamed.onnx", "pixels.onnx"])
        {
            using var model = _context.Model.LoadImageClassifier(_folder.File(file));
            Assert.AreEqual(3, model.ClassNames.Count);
        }
    }

    private static void AssertRefused(
        string file, string key, Func<string, string> change, params IEnumerable<(string Key, string Value)> others)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("hostile-" + file);
        var onnx = File.ReadAllBytes(_folder.File(file));
        onnx = OnnxEntries.With(onnx, key, change(OnnxEntries.Of(onnx).GetValueOrDefault(key, "")));
        foreach (var other in others)
            onnx = OnnxEntries.With(onnx, other.Key, other.Value);
        File.WriteAllBytes(path, onnx);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadImageClassifier(path).Dispose(), file);
        StringAssert.Contains(error.Message, path);
    }

    private static string Replaced(string entry, string value, string hostile)
    {
        StringAssert.Contains(entry, value);
        return entry.Replace(value, hostile, StringComparison.Ordinal);
    }
}
