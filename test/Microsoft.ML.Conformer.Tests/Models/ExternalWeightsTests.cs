using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>ONNX files whose larger weights are in a file of their own, as those above 2 GB are; here small ones are too.</summary>
[TestClass]
public sealed class ExternalWeightsTests : IDisposable
{
    private const string Data = "model.onnx.data";

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _photos = Photo.View(_context, Photo.Set(6));
    private static readonly TrainedModel _model = ScoringModel.TrainedOn(_photos);
    private static readonly List<float[]> _expected = ExpectedScores();

    private readonly TemporaryFolder _folder = new();

    public ExternalWeightsTests() =>
        OnnxFile.Write(Onnx, _model.Build(OnnxInputKind.PixelsNchw, new OnnxExportOptions(), includeClassIndex: false), maxWeightBytes: 1000);

    private string Onnx => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void ACallThatNamesTheFolderGetsTheScoresOfOneFile()
    {
        Assert.IsTrue(new FileInfo(_folder.File(Data)).Length > 100_000);
        using var loaded = Load(_folder.Path);
        AssertScores(loaded);

        loaded.SaveAsOnnx(_folder.File("whole.onnx"));
        Assert.IsFalse(File.Exists(_folder.File("whole.onnx.data")));
        using var whole = _context.Model.LoadImageClassifier(_folder.File("whole.onnx"));
        AssertScores(whole);
    }

    [TestMethod]
    public void TheFilesMayBeMovedTogetherAndTheWeightsInAZipOrAStreamAreFoundToo()
    {
        using var other = new TemporaryFolder();
        File.Move(_folder.File(Data), other.File(Data));
        using var stream = new MemoryStream(File.ReadAllBytes(Onnx));
        using var loaded = _context.Model.LoadImageClassifier(stream, weights: new() { ExternalDataFolder = other.Path });
        AssertScores(loaded);
    }

    [TestMethod]
    public void WithoutAFolderTheOtherFileIsNotOpened()
    {
        var error = Fault(null);
        StringAssert.Contains(error, $"'{Data}'");
        StringAssert.Contains(error, nameof(WeightFileOptions.ExternalDataFolder));
    }

    [TestMethod]
    public void AnEmptyFolderIsAnOptionThatCannotBe() =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Load("")).Message, "ExternalDataFolder is empty");

    [TestMethod]
    public void AnAbsentFileIsNamed()
    {
        File.Delete(_folder.File(Data));
        StringAssert.Contains(Fault(_folder.Path), _folder.File(Data));
    }

    [TestMethod]
    public void AShorterFileIsNamed()
    {
        using (var data = File.OpenWrite(_folder.File(Data)))
            data.SetLength(data.Length - 1);
        StringAssert.Contains(Fault(_folder.Path), _folder.File(Data));
    }

    [TestMethod]
    public void OtherWeightsAreDamageAndSoAreWeightsThatAreNotFinite()
    {
        var bytes = File.ReadAllBytes(_folder.File(Data));
        bytes[1] ^= 1;
        File.WriteAllBytes(_folder.File(Data), bytes);
        StringAssert.Contains(Fault(_folder.Path), "checksum");

        BitConverter.GetBytes(float.NaN).CopyTo(bytes, 0);
        File.WriteAllBytes(_folder.File(Data), bytes);
        File.WriteAllBytes(Onnx, OnnxEntries.Changed(File.ReadAllBytes(Onnx), model => model.MetadataProps.Remove(
            model.MetadataProps.Single(entry => entry.Key == OnnxExternalData.ChecksumKey))));
        StringAssert.Contains(Fault(_folder.Path), "NaN");
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void LinksAndPipesAreNotFollowed()
    {
        File.Move(_folder.File(Data), _folder.File("elsewhere"));
        File.CreateSymbolicLink(_folder.File(Data), _folder.File("elsewhere"));
        StringAssert.Contains(Fault(_folder.Path), "link");

        File.Delete(_folder.File(Data));
        SpecialFile.Pipe(_folder.File(Data));
        StringAssert.Contains(Fault(_folder.Path), "pipe");
    }

    [TestMethod]
    [DataRow("../model.onnx.data")]
    [DataRow("/etc/passwd")]
    [DataRow("..")]
    [DataRow("")]
    [DataRow("model.onnx\0.data")]
    [DataRow("folder\\model.onnx.data")]
    [DataRow("c:model.onnx.data")]
    public void AnotherNameThanAFilesBesideItIsRefused(string name)
    {
        File.WriteAllBytes(Onnx, OnnxEntries.With(File.ReadAllBytes(Onnx), OnnxExternalData.MetadataKey, name));
        StringAssert.Contains(Fault(_folder.Path), "no name of a file");
    }

    [TestMethod]
    public void ATensorThatNamesAnotherFileThanTheMetadataIsRefused()
    {
        File.Copy(_folder.File(Data), _folder.File("other.data"));
        File.WriteAllBytes(Onnx, OnnxEntries.Changed(File.ReadAllBytes(Onnx), model =>
            model.Graph.Initializer.First(tensor => tensor.ExternalData.Count > 0).ExternalData[0].Value = "other.data"));
        StringAssert.Contains(Fault(_folder.Path), "in another file");
    }

    private static List<float[]> ExpectedScores()
    {
        using var model = ScoringModel.Create(_photos);
        return ScoringModel.Scores(model.Transform(_photos));
    }

    private static void AssertScores(ImageClassifierTransformer model) =>
        Assert.IsTrue(ScoringModel.Difference(_expected, ScoringModel.Scores(model.Transform(_photos))) < 1e-5);

    private ImageClassifierTransformer Load(string? folder) =>
        _context.Model.LoadImageClassifier(Onnx, weights: new() { ExternalDataFolder = folder });

    private string Fault(string? folder)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Load(folder)).Message;
        StringAssert.Contains(error, Onnx);
        return error;
    }
}
