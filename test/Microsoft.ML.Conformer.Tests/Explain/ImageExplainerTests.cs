using System.Text.Json;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Explain;

[TestClass]
public sealed class ImageExplainerTests
{
    private const double Rounding = 1e-5;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly TemporaryFolder _folder = new();
    private static ImageClassifierTransformer _model = null!, _conTNet = null!;
    private static ImageExplainer _explainer = null!;

    [ClassInitialize]
    public static void CreateModels(TestContext _)
    {
        _model = ExplainedModel.Create(_context, ExplainedModel.Conformer);
        _conTNet = ExplainedModel.Create(_context, ExplainedModel.ConTNet);
        _explainer = _model.CreateExplainer();
    }

    [ClassCleanup]
    public static void Dispose()
    {
        _explainer.Dispose();
        _model.Dispose();
        _conTNet.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    public void ProbabilitiesAreTheModelsScores()
    {
        var photos = Photo.Set(6, width: 90, height: 70);
        var scores = ScoringModel.Scores(_model.Transform(Photo.View(_context, photos)));
        using var explainer = _model.CreateExplainer(new ExplanationOptions { TopK = 2 });
        foreach (var (photo, expected) in photos.Zip(scores))
        {
            var explanation = explainer.Explain(photo.Image!);

            Assert.IsNull(explanation.Path);
            Assert.AreEqual(Photo.Classes[Array.IndexOf(expected, expected.Max())], explanation.Class);
            Assert.AreEqual(expected.Max(), explanation.Probability, Rounding);
            Assert.AreClose(
                expected.OrderDescending().Take(2), explanation.Predictions.Select(one => one.Probability), Rounding, "predictions");
            foreach (var (name, score) in Photo.Classes.Zip(expected))
                Assert.AreEqual(score, explanation.For(name).Probability, Rounding, name);
        }
        CollectionAssert.AreEqual(Photo.Classes, explainer.ClassNames.ToArray());
    }

    [TestMethod]
    public void AFileItsContentAndItsImageGiveTheSame()
    {
        // A camera that was held otherwise: what LoadImages decodes lies as the sensor lay.
        var path = Write("rotated.png", OrientedImage.Png(90, 70, FormulaImage.Rgb(90, 70).Pixels, orientation: 6));
        var files = _context.Data.LoadFromEnumerable([new ImageFile { Path = path }]);
        var loaded = _context.Transforms.LoadImages("Image", null, "Path").Fit(files).Transform(files);

        var fromFile = _explainer.Explain(path);

        Assert.AreEqual(path, fromFile.Path);
        AssertSame(fromFile, _explainer.Explain(File.ReadAllBytes(path)));
        AssertSame(fromFile, loaded.GetColumn<MLImage>("Image").Select(_explainer.Explain).Single());
        AssertSame(fromFile, _explainer.Explain(FormulaImage.MLImage(90, 70)));
    }

    [TestMethod]
    public void AnotherClassHasAnotherMapAndWhatIsOfNoClassStays()
    {
        var explanation = Explain();
        var other = explanation.Predictions[^1].Class;

        var ofOther = explanation.For(other);

        Assert.AreEqual(other, ofOther.Class);
        foreach (var map in explanation.Maps)
        {
            var isOfClass = map.Kind is ImageMapKind.ClassActivation or ImageMapKind.Coupled;
            Assert.AreEqual(!isOfClass, map.Values.SequenceEqual(ofOther.Map(map.Kind).Values), map.Name);
        }
        AssertSame(explanation, ofOther.For(explanation.Class));
        var error = Assert.ThrowsExactly<ArgumentException>(() => explanation.For("no such\n class"));
        StringAssert.Contains(error.Message, "no class 'no such");
        foreach (var name in Photo.Classes)
            StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    public void TheCoupledMapIsTheProductOfBothBranchesScaledMapsTheAttentionAveragedOverNeighbors()
    {
        var explanation = Explain();
        var weights = explanation.Map(ImageMapKind.ClassAttention);
        var attention = new ImageMap(ImageMapKind.ClassAttention, "", 4, 4, [.. Enumerable.Range(0, 16).Select(place =>
            (from other in Enumerable.Range(0, 16)
             where Math.Abs(other / 4 - place / 4) <= 1 && Math.Abs(other % 4 - place % 4) <= 1
             select weights.Values[other]).Average())]).Normalize();
        var activation = explanation.Map(ImageMapKind.ClassActivation).Resize(4, 4).Normalize();

        var coupled = explanation.Map(ImageMapKind.Coupled);

        Assert.AreEqual((4, 4), (coupled.Height, coupled.Width));
        Assert.AreClose(attention.Values.Zip(activation.Values, (x, y) => x * y), coupled.Values, 1e-6, "coupled");
        Assert.IsTrue(coupled.Values.Distinct().Count() > 4);
    }

    [TestMethod]
    public void AConTNetHasTheClassActivationMapAloneAndAskingForAnotherIsAnError()
    {
        using var explainer = _conTNet.CreateExplainer();

        var explanation = explainer.Explain(FormulaImage.MLImage(90, 70));

        Assert.AreEqual(ImageMapKind.ClassActivation, explanation.Maps.Single().Kind);
        Assert.AreEqual((2, 2), (explanation.Maps[0].Height, explanation.Maps[0].Width));
        Assert.AreEqual("conv", explanation.Branches.Single().Branch);
        CollectionAssert.AreEqual(
            (string[])["c2 16", "c3 8", "c4 4", "c5 2"], explanation.Stages.Select(map => $"{map.Name} {map.Height}").ToArray());
        foreach (var show in (Action[])[
            () => explanation.Map(ImageMapKind.AttentionRollout), () => explanation.ToOverlay(ImageMapKind.Coupled),
            () => explanation.SaveOverlay(_folder.File("none.png"), ImageMapKind.ClassAttention)])
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(show).Message, "only ClassActivation");
        Assert.IsFalse(File.Exists(_folder.File("none.png")));
    }

    [TestMethod]
    public void AStageIsTheRootMeanSquareOfItsChannels()
    {
        var architecture = ExplainedModel.Conformer;
        using var graph = new ExportedGraph(
            architecture, ExportedGraph.Weights(architecture), ExportedGraph.Settings(ExplainedModel.Side, ExplainedModel.Side) with
            {
                Options = new OnnxExportOptions { AdditionalOutputs = OnnxOutputs.FeatureMaps | OnnxOutputs.TokenMaps },
            });
        var photo = FormulaImage.Rgb(ExplainedModel.Side, ExplainedModel.Side);
        var image = new float[photo.ByteCount];
        new ImagePreprocessor(ExplainedModel.Side, new ImagePreprocessing()).Normalize(
            photo.Pixels.AsSpan(0, photo.ByteCount), image, PixelLayout.Nchw);

        var stages = _explainer.Explain(FormulaImage.MLImage(ExplainedModel.Side, ExplainedModel.Side)).Stages;

        CollectionAssert.AreEqual(
            (string[])["c2", "c3", "c4", "c5", "t2", "t3", "t4", "t5"], stages.Select(stage => stage.Name).ToArray());
        foreach (var stage in stages)
        {
            var shape = graph.ShapeOf(stage.Name, image, 1, 3, ExplainedModel.Side, ExplainedModel.Side);
            var values = graph.Run<float>(stage.Name, image, 1, 3, ExplainedModel.Side, ExplainedModel.Side);
            var places = stage.Height * stage.Width;
            Assert.AreEqual((shape[2], shape[3]), ((long)stage.Height, (long)stage.Width));
            Assert.AreClose(
                Enumerable.Range(0, places).Select(place => Math.Sqrt(
                    Enumerable.Range(0, (int)shape[1]).Average(channel => Math.Pow(values[channel * places + place], 2)))),
                stage.Values, 1e-4, stage.Name, relative: 1e-4);
        }
    }

    [TestMethod]
    public void AStageOfLargeValuesIsFinite()
    {
        // Their squares are no 32-bit floats.
        using var model = ExplainedModel.Create(
            _context, ExplainedModel.Conformer, weights: new LargeStem(ExportedGraph.Weights(ExplainedModel.Conformer)));
        using var explainer = model.CreateExplainer();

        var stages = explainer.Explain(FormulaImage.MLImage(80, 80)).Stages;

        Assert.IsTrue(stages.Any(stage => stage.Values.Max() > 1e25f), "the test network must have large values");
        foreach (var stage in stages)
            Assert.IsTrue(stage.Values.All(float.IsFinite), stage.Name);
    }

    private sealed class LargeStem(IWeightSource weights) : IWeightSource
    {
        public bool Contains(string name) => weights.Contains(name);

        public IReadOnlyList<long> Shape(string name) => weights.Shape(name);

        public float[] Read(string name) =>
            name == "conv1.weight" ? [.. weights.Read(name).Select(value => 1e30f * value)] : weights.Read(name);
    }

    [TestMethod]
    public void StagesAreAbsentWhereTheyWereNotAskedForAndWhereTheNetworkLacksALevel()
    {
        using var plain = _model.CreateExplainer(new ExplanationOptions { IncludeStages = false });
        using var shallow = ScoringModel.Create(Photo.View(_context, []));
        using var explainer = shallow.CreateExplainer();

        Assert.AreEqual(0, plain.Explain(FormulaImage.MLImage(80, 80)).Stages.Count);
        Assert.AreEqual(0, explainer.Explain(FormulaImage.MLImage(80, 80)).Stages.Count);
        Assert.AreEqual(4, explainer.Explain(FormulaImage.MLImage(80, 80)).Maps.Count);
    }

    [TestMethod]
    public void APhotoOfTheNetworksSizeIsTakenWholeAndOfOthersTheCenter()
    {
        using var explainer = _model.CreateExplainer(new ExplanationOptions { PictureSize = ExplainedModel.Side });
        var whole = FormulaImage.Rgb(ExplainedModel.Side, ExplainedModel.Side);

        var explanation = explainer.Explain(whole.ToMLImage());

        CollectionAssert.AreEqual(whole.Pixels, explanation.Picture.Pixels);
        // Twice as large, and a border around it that the network does not see: 128 pixels become 73, of which 64 are seen.
        var framed = new RgbImage(128, 128, new byte[3 * 128 * 128]);
        for (var i = 0; i < framed.Pixels.Length; i++)
            framed.Pixels[i] = (byte)(i / 3 % 128 is < 4 or >= 124 || i / 3 / 128 is < 4 or >= 124 ? 255 : 100);
        Assert.IsTrue(explainer.Explain(framed.ToMLImage()).Picture.Pixels.All(value => value < 110), "the border is cut off");
    }

    [TestMethod]
    public void AFileThatCannotBeUsedIsNamed()
    {
        var text = Write("text.jpg", "This is no image, but has more bytes than an image's header."u8.ToArray());
        var whole = FormulaImage.File(".png");
        var cut = Write("cut.png", whole[..(whole.Length / 2)]);

        foreach (var path in (string[])[text, cut])
            StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => _explainer.Explain(path)).Message, path);
        StringAssert.Contains(
            Assert.ThrowsExactly<FileNotFoundException>(() => _explainer.Explain(_folder.File("absent.png"))).Message, "absent.png");
        Assert.ThrowsExactly<InvalidDataException>(() => _explainer.Explain(File.ReadAllBytes(text)));
    }

    [TestMethod]
    public void ItOutlivesItsModelAndIsOfNoUseOnceDisposed()
    {
        var model = ExplainedModel.Create(_context, ExplainedModel.Conformer);
        var explainer = model.CreateExplainer();
        model.Dispose();

        AssertSame(Explain(), explainer.Explain(FormulaImage.MLImage(90, 70)));

        Assert.ThrowsExactly<ObjectDisposedException>(() => model.CreateExplainer());
        explainer.Dispose();
        explainer.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => explainer.Explain(FormulaImage.MLImage(90, 70)));
    }

    [TestMethod]
    public void ManyThreadsAtOnceGetWhatEachGetsAlone()
    {
        byte[][] photos = [.. Enumerable.Range(0, 5).Select(
            photo => ImageFileBytes.Encode(70, 80, FormulaImage.Rgb(70, 80, 40 * photo).Pixels, ".png"))];
        var alone = photos.Select(_explainer.Explain).ToList();

        Parallel.For(
            0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => AssertSame(alone[i % 5], _explainer.Explain(photos[i % 5])));

        Assert.AreEqual(5, alone.Select(one => one.Probability).Distinct().Count());
    }

    [TestMethod]
    [DataRow(OnnxPrecision.Float16)]
    [DataRow(OnnxPrecision.Int8)]
    public void AFileInFewerBitsGivesNoExplanationsAndSaysWhichDoes(OnnxPrecision precision)
    {
        var path = _folder.File($"{precision}.onnx");
        _model.SaveAsOnnx(
            path, new OnnxExportOptions { Precision = precision, CalibrationImages = Photo.View(_context, Photo.Set(4)) });
        using var loaded = _context.Model.LoadImageClassifier(path);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => loaded.CreateExplainer());

        StringAssert.Contains(error.Message, "32-bit floats");
    }

    [TestMethod]
    [DataRow("model.zip")]
    [DataRow("plain.onnx")]
    [DataRow("photos.onnx")]
    [DataRow("any-size.onnx")]
    public void AFileOfAnyKindGivesTheSameExplanations(string name)
    {
        var path = _folder.File(name);
        if (name == "model.zip")
            _context.Model.Save(_model, Photo.View(_context, []).Schema, path);
        else
            _model.SaveAsOnnx(path, new OnnxExportOptions
            {
                IncludePreprocessing = name == "photos.onnx",
                DynamicImageSize = name == "any-size.onnx",
            });
        using var loaded = _context.Model.LoadImageClassifier(path);
        using var explainer = loaded.CreateExplainer();

        AssertSame(Explain(), explainer.Explain(FormulaImage.MLImage(90, 70)));
    }

    [TestMethod]
    public void EveryFaultOfTheOptionsIsListed()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => _model.CreateExplainer(new ExplanationOptions { TopK = 0, PictureSize = 31 }));

        StringAssert.Contains(error.Message, "TopK is 0");
        StringAssert.Contains(error.Message, "PictureSize is 31");
    }

    [TestMethod]
    public void ItSerializesToJson()
    {
        var explanation = Explain();

        using var json = JsonDocument.Parse(JsonSerializer.Serialize(explanation));

        var root = json.RootElement;
        Assert.AreEqual(explanation.Class, root.GetProperty("Class").GetString());
        Assert.AreEqual(explanation.Probability, root.GetProperty("Probability").GetSingle());
        Assert.AreEqual(explanation.Predictions[1], root.GetProperty("Predictions")[1].Deserialize<ClassProbability>());
        Assert.AreEqual(explanation.Branches[1], root.GetProperty("Branches")[1].Deserialize<BranchPrediction>());
        foreach (var (map, written) in explanation.Maps.Concat(explanation.Stages)
            .Zip(root.GetProperty("Maps").EnumerateArray().Concat(root.GetProperty("Stages").EnumerateArray())))
        {
            Assert.AreEqual($"{map.Kind}", written.GetProperty("Kind").GetString());
            Assert.AreEqual((map.Height, map.Width), (written.GetProperty("Height").GetInt32(), written.GetProperty("Width").GetInt32()));
            CollectionAssert.AreEqual(map.Values.ToArray(), written.GetProperty("Values").Deserialize<float[]>());
        }
    }

    private static ImageExplanation Explain() => _explainer.Explain(FormulaImage.MLImage(90, 70));

    private static void AssertSame(ImageExplanation expected, ImageExplanation actual)
    {
        Assert.AreEqual(expected.Class, actual.Class);
        Assert.AreEqual(expected.Probability, actual.Probability, Rounding);
        CollectionAssert.AreEqual(expected.Picture.Pixels, actual.Picture.Pixels);
        foreach (var (map, other) in expected.Maps.Concat(expected.Stages).Zip(actual.Maps.Concat(actual.Stages)))
            Assert.AreClose(map.Values, other.Values, Rounding, map.Name, relative: Rounding);
        Assert.AreEqual((expected.Maps.Count, expected.Stages.Count), (actual.Maps.Count, actual.Stages.Count));
    }

    private static string Write(string name, byte[] content)
    {
        var path = _folder.File(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private sealed class ImageFile
    {
        public string Path { get; set; } = "";
    }
}
