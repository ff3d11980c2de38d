using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using PortableModel;

namespace Microsoft.ML.Conformer.Tests.Models;

/// <summary>A trained pipeline's zip in an app that has ML.NET and nothing of this library.</summary>
[TestClass]
public sealed class PortableModelTests
{
    /// <summary>Room for rounding: another form of the same graph, one image at a time.</summary>
    private const double Rounding = 1e-5;

    private static readonly string[] _textLabels = ["blå", "зелёный", "紅 \"🌹\""];
    private static readonly int[] _numberLabels = [30, -10, 20];

    private static readonly MLContext _context = new(seed: 1);

    [TestMethod]
    public void TheAppHasNothingOfThisLibraryBesideIt()
    {
        var folder = Path.GetDirectoryName(PortableApp.Location)!;
        var names = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)).ToList();

        CollectionAssert.Contains(names, "Microsoft.ML.OnnxTransformer.dll");
        CollectionAssert.AreEqual(Array.Empty<string>(), names.Where(IsOursOrTorch).ToArray());
        var dependencies = File.ReadAllText(Path.ChangeExtension(PortableApp.Location, ".deps.json"));
        Assert.IsFalse(dependencies.Contains(OurName, StringComparison.OrdinalIgnoreCase), dependencies);
    }

    [TestMethod]
    public void LabelsThatAreAnyTextAndScoresOfPhotosOfTheNetworksSizeAreTheTrainedModels() =>
        ExpectSameInApp(_textLabels, Photo.Side, Photo.Side, resize: false);

    [TestMethod]
    public void LabelsThatAreNumbersAndScoresOfPhotosThatThePipelineResizesAreTheTrainedModels() =>
        ExpectSameInApp(_numberLabels, width: 60, height: 45, resize: true);

    [TestMethod]
    public void PhotosThatTheModelResizesAreScoredBothWaysAlike()
    {
        using var folder = new TemporaryFolder();
        var photos = WritePhotos(folder, _textLabels, 60, 45);
        using var model = TrainAndSave(photos, resize: false, folder.File("model.zip"));

        var report = PortableApp.Score(folder.File("model.zip"), photos.Select(photo => photo.ImagePath));

        var scores = report.View.Select(photo => photo.Scores).ToList();
        Assert.IsTrue(scores.TrueForAll(row => row.Length == _textLabels.Length && Math.Abs(row.Sum() - 1) < Rounding));
        Assert.AreEqual(0, ScoringModel.Difference(scores, report.Engine.Select(photo => photo.Scores).ToList()));
        CollectionAssert.IsSubsetOf(report.View.Select(photo => photo.Label).Distinct().ToList(), _textLabels);
    }

    private static string OurName => typeof(ImageClassifierTransformer).Assembly.GetName().Name!;

    private static void ExpectSameInApp<TLabel>(TLabel[] labels, int width, int height, bool resize)
    {
        using var folder = new TemporaryFolder();
        var photos = WritePhotos(folder, labels, width, height);
        using var model = TrainAndSave(photos, resize, folder.File("model.zip"));
        var scored = model.Transform(_context.Data.LoadFromEnumerable(photos));
        var (scores, predicted) = (ScoringModel.Scores(scored), scored.GetColumn<TLabel>("PredictedLabel").ToList());
        CollectionAssert.AreEquivalent(labels, predicted.Distinct().ToList(), "the network must learn all classes");

        var report = PortableApp.Score(folder.File("model.zip"), photos.Select(photo => photo.ImagePath));

        foreach (var way in (IReadOnlyList<ScoredPhoto>[])[report.View, report.Engine])
        {
            CollectionAssert.AreEqual(predicted.ConvertAll(label => $"{label}"), way.Select(photo => photo.Label).ToList());
            Assert.IsTrue(ScoringModel.Difference(scores, way.Select(photo => photo.Scores).ToList()) < Rounding);
        }
        CollectionAssert.Contains(report.Assemblies.ToList(), "Microsoft.ML.OnnxTransformer");
        CollectionAssert.AreEqual(Array.Empty<string>(), report.Assemblies.Where(IsOursOrTorch).ToArray());
    }

    private static bool IsOursOrTorch(string name) =>
        name.StartsWith(OurName, StringComparison.OrdinalIgnoreCase) || name.Contains("torch", StringComparison.OrdinalIgnoreCase);

    /// <summary>Photos of all classes in turn.</summary>
    private static List<LabeledFile<TLabel>> WritePhotos<TLabel>(TemporaryFolder folder, TLabel[] labels, int width, int height) =>
        Photo.Set(24, width: width, height: height).ConvertAll(photo =>
        {
            var (path, label) = (folder.File($"{photo.Number}.png"), labels[photo.Number % labels.Length]);
            using (photo.Image)
                photo.Image!.Save(path);
            return new LabeledFile<TLabel> { ImagePath = path, Label = label };
        });

    private static TransformerChain<KeyToValueMappingTransformer> TrainAndSave<TLabel>(
        List<LabeledFile<TLabel>> photos, bool resize, string path)
    {
        var files = _context.Data.LoadFromEnumerable(photos);
        var data = _context.Transforms.Conversion.MapValueToKey("Label").Fit(files).Transform(files); // as the README does
        IEstimator<ITransformer> images = _context.Transforms.LoadImages("Image", imageFolder: "", inputColumnName: "ImagePath");
        if (resize)
            images = images.Append(_context.Transforms.ResizeImages("Image", Photo.Side, Photo.Side));
        var model = images
            .Append(_context.MulticlassClassification.Trainers.Conformer(ScoringModel.QuickTraining(epochs: 8)))
            .Append(_context.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(data);
        _context.Model.Save(model, data.Schema, path);
        return model;
    }

    private sealed class LabeledFile<TLabel>
    {
        public string ImagePath { get; set; } = "";

        public TLabel? Label { get; set; }
    }
}
