using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Onnx.Format;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Models;

[TestClass]
public sealed class ModelLoadingTests
{
    /// <summary>Room for rounding: another form of the same graph, or another batch size.</summary>
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _data = Photo.View(_context, Photo.Set(21));
    private static readonly TemporaryFolder _folder = new();
    private static ImageClassifierTransformer _model = null!;
    private static string _zip = null!;
    private static string _onnx = null!;

    [ClassInitialize]
    public static void SaveModel(TestContext _)
    {
        _model = ScoringModel.Create(_data);
        (_zip, _onnx) = (_folder.File("model.zip"), _folder.File("model.onnx"));
        _context.Model.Save(_model, _data.Schema, _zip);
        _model.SaveAsOnnx(_onnx);
    }

    [ClassCleanup]
    public static void DisposeModel()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    [DataRow(".zip")]
    [DataRow(".onnx")]
    public void ALoadedModelGivesTheScoresLabelsAndColumnsOfTheSavedOne(string extension)
    {
        using var loaded = _context.Model.LoadImageClassifier(_folder.File("model" + extension));
        var (expected, actual) = (_model.Transform(_data), loaded.Transform(_data));

        Assert.IsTrue(ScoringModel.Difference(ScoringModel.Scores(expected), ScoringModel.Scores(actual)) < Rounding);
        CollectionAssert.AreEqual(
            expected.GetColumn<uint>("PredictedLabel").ToList(), actual.GetColumn<uint>("PredictedLabel").ToList());
        CollectionAssert.AreEqual(
            expected.Schema.Select(column => $"{column.Name} {column.Type}").ToList(),
            actual.Schema.Select(column => $"{column.Name} {column.Type}").ToList());
        VBuffer<ReadOnlyMemory<char>> names = default;
        actual.Schema["Score"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(Photo.Classes, names.DenseValues().Select(name => name.ToString()).ToArray());
        actual.Schema["PredictedLabel"].GetKeyValues(ref names);
        CollectionAssert.AreEqual(Photo.Classes, names.DenseValues().Select(name => name.ToString()).ToArray());
        Assert.AreEqual(Photo.Side, loaded.ImageSize);
        Assert.IsNull(loaded.Summary);
    }

    [TestMethod]
    [DataRow(".zip")]
    [DataRow(".onnx")]
    public void ALoadedModelPreparesImagesOfOtherSizesAsTheTrainedOne(string extension)
    {
        var data = Photo.View(_context, Photo.Set(4, width: 60, height: 45));
        using var loaded = _context.Model.LoadImageClassifier(_folder.File("model" + extension));

        Assert.IsTrue(ScoringModel.Difference(
            ScoringModel.Scores(_model.Transform(data)), ScoringModel.Scores(loaded.Transform(data))) < Rounding);
    }

    [TestMethod]
    public void AConformerIsFoundInALongerChain()
    {
        var path = _folder.File("chain.zip");
        var copy = _context.Transforms.CopyColumns("Copy", "Number").Fit(_data);
        var chain = copy.Append(_model).Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel")
            .Fit(_model.Transform(_data)));
        _context.Model.Save(chain, _data.Schema, path);

        using var loaded = _context.Model.LoadImageClassifier(path);

        Assert.IsTrue(ScoringModel.Difference(
            ScoringModel.Scores(_model.Transform(_data)), ScoringModel.Scores(loaded.Transform(_data))) < Rounding);
    }

    [TestMethod]
    public void ALoadedModelWorksInAPredictionEngineAndInAChain()
    {
        using var loaded = _context.Model.LoadImageClassifier(_onnx, scoreColumnName: "Score");
        var chain = loaded.Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(loaded.Transform(_data)));
        using var engine = _context.Model.CreatePredictionEngine<Photo, Prediction>(
            chain, new PredictionEngineOptions { OwnsTransformer = false });
        var expected = ScoringModel.Scores(_model.Transform(_data));

        foreach (var photo in Photo.Set(4))
        {
            var prediction = engine.Predict(photo);
            Assert.IsTrue(ScoringModel.Difference([expected[photo.Number]], [prediction.Score]) < Rounding);
            Assert.AreEqual(Photo.Classes[prediction.Score.ToList().IndexOf(prediction.Score.Max())], prediction.PredictedLabel);
        }
    }

    [TestMethod]
    public void ColumnsMayHaveOtherNames()
    {
        var renamed = _context.Transforms.CopyColumns("Foto", "Image").Append(_context.Transforms.DropColumns("Image")).Fit(_data)
            .Transform(_data);
        using var loaded = _context.Model.LoadImageClassifier(_zip, imageColumnName: "Foto", scoreColumnName: "Probability",
            predictedLabelColumnName: "Class");

        var scored = loaded.Transform(renamed);

        Assert.IsNotNull(scored.Schema.GetColumnOrNull("Class"));
        Assert.IsTrue(ScoringModel.Difference(
            ScoringModel.Scores(_model.Transform(_data)), ScoringModel.Scores(scored, "Probability")) < Rounding);
    }

    [TestMethod]
    [DataRow("image", "Score", "PredictedLabel")]
    [DataRow("ClassIndex", "image", "Score")]
    [DataRow("Score", "ClassIndex", "image")]
    public void ColumnsThatAreNamedAsTheGraphsOwnAreSavedForMlNetToo(string image, string score, string predictedLabel)
    {
        using var loaded = _context.Model.LoadImageClassifier(_zip, imageColumnName: image, scoreColumnName: score,
            predictedLabelColumnName: predictedLabel);
        IDataView Data()
        {
            var photos = Photo.View(_context, Photo.Set(21));
            return _context.Transforms.CopyColumns(image, "Image").Fit(photos).Transform(photos);
        }
        using var zip = new MemoryStream();
        _context.Model.Save(loaded, Data().Schema, zip);
        var builtIn = new MLContext().Model.Load(zip, out var inputSchema);
        using var disposable = (IDisposable)builtIn;

        var (expected, actual) = (loaded.Transform(Data()), builtIn.Transform(Data()));

        Assert.IsTrue(ScoringModel.Difference(ScoringModel.Scores(expected, score), ScoringModel.Scores(actual, score)) < Rounding);
        CollectionAssert.AreEqual(
            expected.GetColumn<uint>(predictedLabel).ToList(), builtIn.Transform(Data()).GetColumn<uint>(predictedLabel).ToList());
        CollectionAssert.AreEquivalent(
            expected.Schema.Where(column => !column.IsHidden).Select(column => column.Name).ToList(),
            actual.Schema.Where(column => !column.IsHidden).Select(column => column.Name).ToList());
    }

    [TestMethod]
    [DataRow(".zip")]
    [DataRow(".onnx")]
    public void SavingALoadedModelAsOnnxCopiesItsGraph(string extension)
    {
        var path = _folder.File($"copy-of{extension}.onnx");
        using (var loaded = _context.Model.LoadImageClassifier(_folder.File("model" + extension)))
            loaded.SaveAsOnnx(path);
        if (extension == ".onnx")
            CollectionAssert.AreEqual(File.ReadAllBytes(_onnx), File.ReadAllBytes(path));

        using var copy = _context.Model.LoadImageClassifier(path);

        Assert.IsTrue(ScoringModel.Difference(
            ScoringModel.Scores(_model.Transform(_data)), ScoringModel.Scores(copy.Transform(_data))) < Rounding);
    }

    [TestMethod]
    public void AModelLoadedFromAZipSavesAsAZipForMlNetAlone()
    {
        var path = _folder.File("again.zip");
        using (var loaded = _context.Model.LoadImageClassifier(_zip))
            _context.Model.Save(loaded, _data.Schema, path);

        var builtIn = new MLContext().Model.Load(path, out _);
        using var disposable = (IDisposable)builtIn;
        using var again = _context.Model.LoadImageClassifier(path);

        var expected = ScoringModel.Scores(_model.Transform(_data));
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(again.Transform(_data))) < Rounding);
        var scored = builtIn.Transform(Photo.View(_context, Photo.Set(21)));
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(scored)) < Rounding);
        // Images of its own for each pass: ML.NET's ResizeImages hands those of the right size through, and disposes them.
        scored = builtIn.Transform(Photo.View(_context, Photo.Set(21)));
        CollectionAssert.AreEqual(
            _model.Transform(_data).GetColumn<uint>("PredictedLabel").ToList(), scored.GetColumn<uint>("PredictedLabel").ToList());
    }

    [TestMethod]
    [DataRow("NormalizedNchw", false)]
    [DataRow("PixelsNchw", false)]
    [DataRow("PixelsNchw", true)]
    [DataRow("PixelsNhwc", false)]
    public void EveryKindOfInputGivesTheSameScoresAndIsSavedForMlNet(string kind, bool includeClassIndex)
    {
        var path = _folder.File($"{kind}-{includeClassIndex}.onnx");
        WriteOnnx(path, ScoringModel.TrainedOn(_data), Enum.Parse<OnnxInputKind>(kind), includeClassIndex);
        using var loaded = _context.Model.LoadImageClassifier(path);
        var expected = ScoringModel.Scores(_model.Transform(_data));
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(loaded.Transform(_data))) < Rounding);

        using var zip = new MemoryStream();
        _context.Model.Save(loaded, _data.Schema, zip);
        var builtIn = new MLContext().Model.Load(zip, out _);
        using var disposable = (IDisposable)builtIn;
        var scored = builtIn.Transform(Photo.View(_context, Photo.Set(21)));
        Assert.IsTrue(ScoringModel.Difference(expected, ScoringModel.Scores(scored)) < Rounding);
    }

    [TestMethod]
    [DataRow(".zip")]
    [DataRow(".onnx")]
    public void LabelsThatAreNumbersKeepTheirType(string extension)
    {
        int[] values = [30, -10, 20];
        var data = _context.Data.LoadFromEnumerable(
            Photo.Set(6).Select(photo => new NumberedPhoto { Image = photo.Image, Label = values[photo.Number % 3] }));
        data = _context.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        using var model = ScoringModel.Create(data);
        using var loaded = RoundTrip(model, data, "numbers" + extension);

        var schema = loaded.GetOutputSchema(data.Schema);

        VBuffer<int> keyValues = default;
        schema["PredictedLabel"].GetKeyValues(ref keyValues);
        CollectionAssert.AreEqual(values, keyValues.DenseValues().ToArray());
        Assert.IsFalse(schema["Score"].HasSlotNames());
        CollectionAssert.AreEqual(
            model.Transform(data).GetColumn<uint>("PredictedLabel").ToList(),
            loaded.Transform(data).GetColumn<uint>("PredictedLabel").ToList());
    }

    [TestMethod]
    [DataRow(".zip")]
    [DataRow(".onnx")]
    public void KeysWithoutValuesStayMereNumbers(string extension)
    {
        var data = _context.Data.LoadFromEnumerable(
            Photo.Set(6).Select(photo => new KeyedPhoto { Image = photo.Image, Label = (uint)photo.Number % 3 }));
        using var model = ScoringModel.Create(data);
        using var loaded = RoundTrip(model, data, "keys" + extension);

        Assert.AreEqual(0, loaded.GetOutputSchema(data.Schema)["PredictedLabel"].Annotations.Schema.Count);
        CollectionAssert.AreEqual(new[] { "0", "1", "2" }, loaded.ClassNames.ToArray());
    }

    [TestMethod]
    public void AnAbsentFileIsNamed()
    {
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => _context.Model.LoadImageClassifier(_folder.File("absent.zip")));
        StringAssert.Contains(error.Message, "absent.zip");
    }

    [TestMethod]
    public void AFileThatIsNoModelIsNamedWithWhatIsMissing()
    {
        ExpectFault(_ => { }, "It is empty.");
        ExpectFault(stream => stream.Write("a text, no model"u8), "no ONNX file");
        ExpectFault(stream => stream.Write("PK no zip either"u8), "is no image classifier");
        ExpectFault(stream =>
        {
            var bytes = File.ReadAllBytes(_onnx);
            stream.Write(bytes.AsSpan(0, bytes.Length / 2)); // truncated
        }, "no ONNX file");
    }

    [TestMethod]
    public void AnyBytesAreAnInvalidDataErrorAndNoOther()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            var path = _folder.File("random.bin");
            File.WriteAllBytes(path, bytes);
            Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadImageClassifier(path), Convert.ToHexString(bytes));
        }
    }

    [TestMethod]
    public void AZipWithoutConformerIsNamedWithWhatIsMissing()
    {
        var chain = _context.Transforms.Conversion.MapKeyToValue("Label").Fit(_data);
        ExpectFault(stream => _context.Model.Save(chain, _data.Schema, stream), "'OnnxModel'");
        ExpectFault(stream => WriteZip(stream, [("Model/OnnxModel", 3, [8, 8])]), "announces 3");
        ExpectFault(stream => WriteZip(stream, [("Model\\OnnxModel", 2, [8, 8])]), "Model\\OnnxModel");
        ExpectFault(stream => WriteZip(
            stream, [.. Enumerable.Range(0, 17).Select(i => ($"{i}/OnnxModel", 2, new byte[] { 8, 8 }))]), "17 ONNX models");
        ExpectFault(stream => WriteZip(stream, [("OnnxModel", 2, [8, 8])]), "another program wrote");
    }

    [TestMethod]
    public void OfSeveralOnnxModelsTheConformerIsTakenAndTwoOfThemAreAnError()
    {
        var onnx = File.ReadAllBytes(_onnx);
        var path = _folder.File("two.zip");
        using (var stream = File.Create(path))
            WriteZip(stream, [("A\\OnnxModel", 2, [8, 8]), ("B\\OnnxModel", onnx.Length, onnx)]);
        using (var loaded = _context.Model.LoadImageClassifier(path))
            CollectionAssert.AreEqual(Photo.Classes, loaded.ClassNames.ToArray());

        ExpectFault(
            stream => WriteZip(stream, [("A\\OnnxModel", onnx.Length, onnx), ("B\\OnnxModel", onnx.Length, onnx)]), "2 image classifiers");
    }

    [TestMethod]
    public void ADamagedGraphIsAnErrorThatNamesTheFile()
    {
        ExpectFault(
            stream => stream.Write(OnnxEntries.Changed(File.ReadAllBytes(_onnx), model => model.Graph = null)),
            "is no image classifier that can be scored");
    }

    [TestMethod]
    [DataRow("conformer.labelType", "Complex", "'Complex'")]
    [DataRow("conformer.labelType", "Int32", "Int32")]
    [DataRow("conformer.labels", "[\"a\"]", "names 1 classes")]
    [DataRow("conformer.input", "{\"kind\":\"NormalizedNchw\",\"height\":32,\"width\":48}", "32 x 48")]
    public void MetadataThatDoesNotFitIsAnErrorThatSaysSo(string key, string value, string expected) =>
        ExpectFault(stream => stream.Write(OnnxEntries.With(File.ReadAllBytes(_onnx), key, value)), expected);

    [TestMethod]
    [DoNotParallelize] // temporary files have the process's number
    public void LoadingAndDisposingLeavesNoFiles()
    {
        var before = Directory.GetFileSystemEntries(Path.GetTempPath(), $"conformer-{Environment.ProcessId}-*");
        var folder = Directory.GetFileSystemEntries(_folder.Path).Length;
        for (var round = 0; round < 50; round++)
        {
            using var loaded = _context.Model.LoadImageClassifier(round % 2 == 0 ? _zip : _onnx);
            if (round % 10 == 0)
                _context.Model.Save(_model, _data.Schema, new MemoryStream());
        }

        CollectionAssert.AreEqual(before, Directory.GetFileSystemEntries(Path.GetTempPath(), $"conformer-{Environment.ProcessId}-*"));
        Assert.AreEqual(folder, Directory.GetFileSystemEntries(_folder.Path).Length);
        // The file is not held open:
        using var exclusive = new FileStream(_zip, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    private static ImageClassifierTransformer RoundTrip(ImageClassifierTransformer model, IDataView data, string file)
    {
        var path = _folder.File(file);
        if (file.EndsWith(".onnx", StringComparison.Ordinal))
            model.SaveAsOnnx(path);
        else
            _context.Model.Save(model, data.Schema, path);
        return _context.Model.LoadImageClassifier(path);
    }

    private static void WriteOnnx(string path, TrainedModel model, OnnxInputKind kind, bool includeClassIndex)
    {
        OnnxFile.Write(path, model.Build(kind, new OnnxExportOptions(), includeClassIndex));
    }

    private static InvalidDataException ExpectFault(Action<Stream> write, string expected)
    {
        var path = _folder.File("wrong.bin");
        using (var stream = File.Create(path))
            write(stream);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => _context.Model.LoadImageClassifier(path));
        StringAssert.Contains(error.Message, $"'{path}'");
        StringAssert.Contains(error.Message, expected);
        return error;
    }

    private static void WriteZip(Stream stream, IEnumerable<(string Entry, int Announced, byte[] Content)> entries)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var (entry, announced, content) in entries)
        {
            using var target = zip.CreateEntry(entry).Open();
            var prefix = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(prefix, announced);
            target.Write(prefix);
            target.Write(content);
        }
    }
}
