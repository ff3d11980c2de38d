using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Distillation;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Distillation;

[TestClass]
public sealed class TeacherTests
{
    private static readonly MLContext _context = new(seed: 1);
    private static readonly List<Photo> _photos = Photo.Set(7);
    private static readonly IDataView _view = Photo.View(_context, _photos);
    private static readonly ClassLabels _labels = ClassLabels.Of(_view.Schema["Label"]);

    [TestMethod]
    public void ItsScoresAreThoseOfTheTransformer()
    {
        using var model = ScoringModel.Create(_view);
        var expected = ScoringModel.Scores(model.Transform(_view)).SelectMany(row => row).ToArray();

        CollectionAssert.AreEqual(expected, Scores(Of(model)));
    }

    [TestMethod]
    public void AChainWithAnotherScoreColumnScoresAsWell()
    {
        using var model = ScoringModel.Create(_view);
        var images = _context.Data.LoadFromEnumerable(_photos.Take(0));
        var chain = _context.Transforms.ResizeImages("Image", Photo.Side, Photo.Side).Fit(images)
            .Append<ITransformer>(model).Append(_context.Transforms.CopyColumns("Probabilities", "Score").Fit(model.Transform(_view)));

        CollectionAssert.AreEqual(Scores(Of(model)), Scores(Of(chain, score: "Probabilities")));
    }

    [TestMethod]
    public void ClassesInAnotherOrderAreTakenByTheirNames()
    {
        var reversed = _context.Data.LoadFromEnumerable(Photo.Set(3).AsEnumerable().Reverse()); // red comes first
        reversed = _context.Transforms.Conversion.MapValueToKey("Label").Fit(reversed).Transform(reversed);
        using var model = ScoringModel.Create(reversed);
        var own = ScoringModel.Scores(model.Transform(_view));

        CollectionAssert.AreEqual(own.SelectMany(row => row.Reverse()).ToArray(), Scores(Of(model)));
    }

    [TestMethod]
    public void ATeacherOfOtherClassesIsAnErrorThatListsWhatItDoesNotKnow()
    {
        var others = _context.Data.LoadFromEnumerable(
            new[] { "green", "rose", "iris" }.Select(label => new Photo { Label = label, Image = _photos[0].Image }));
        others = _context.Transforms.Conversion.MapValueToKey("Label").Fit(others).Transform(others);
        using var model = ScoringModel.Create(others);

        StringAssert.Contains(
            Fault(model).Message, "does not know 2 of the 3 training classes: 'blue', 'red'. Its classes, the names of the slots of " +
            "'Score', are green, rose, iris.");
    }

    [TestMethod]
    public void ATeacherWithoutTheColumnOrOfAnotherNumberOfClassesIsAnError()
    {
        using var model = ScoringModel.Create(_view);

        StringAssert.StartsWith(
            Fault(model, score: "Probability").Message, "Could not find the teacher's score column 'Probability'. The data has");
        StringAssert.Contains(Fault(model, score: "PredictedLabel").Message, "expected Vector<Single, 3>");
        StringAssert.Contains(Fault(Constant([0.5f, 0.5f])).Message, "expected Vector<Single, 3>");
    }

    [TestMethod]
    public void ATeacherThatAsksForMoreThanTheImageIsAnErrorThatSaysSo()
    {
        using var model = ScoringModel.Create(_view);
        var chain = _context.Transforms.Conversion.MapValueToKey("Label").Fit(_context.Data.LoadFromEnumerable(_photos))
            .Append<ITransformer>(model);

        var message = Fault(chain).Message;

        StringAssert.Contains(message, "it gets the column 'Image' (MLImage) and no other");
        StringAssert.Contains(message, "'Label'");
    }

    [TestMethod]
    [DataRow(new[] { 0.5f, float.NaN, 0.5f }, DistillationKind.Hard, "of image 0 are not finite")]
    [DataRow(new[] { 0.5f, float.NaN, 0.5f }, DistillationKind.Soft, "of image 0 are not finite")]
    [DataRow(new[] { 2f, 1, 0.5f }, DistillationKind.Soft, "of image 0 are not probabilities: the least is 0, their sum is 3.5")]
    [DataRow(new[] { 1.5f, -0.5f, 0 }, DistillationKind.Soft, "the least is -0.5, their sum is 1")]
    public void ScoresThatSayNothingAreAnErrorThatNamesTheImage(float[] scores, DistillationKind kind, string expected)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Scores(Of(Constant(scores), kind: kind)));

        StringAssert.Contains(error.Message, expected);
    }

    [TestMethod]
    public void AHardTeacherMayGiveAnyScoresAndNamesTheClassOfTheHighest() =>
        CollectionAssert.AreEqual(
            new[] { 0f, 0, 1 }, Scores(Of(Constant([2, -1, 5]), kind: DistillationKind.Hard))[..3]);

    [TestMethod]
    public void LogitsBecomeProbabilities()
    {
        var teacher = new Teacher(_context, new() { Teacher = Constant([2, -1, 5]), TeacherGivesLogits = true }, "Image", _labels);
        double[] exp = [Math.Exp(2), Math.Exp(-1), Math.Exp(5)];

        Assert.AreClose(exp.Select(value => value / exp.Sum()).ToArray(), Scores(teacher)[..3], 1e-6, "softmax");
    }

    private static ArgumentOutOfRangeException Fault(ITransformer teacher, string score = "Score") =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Of(teacher, score));

    private static Teacher Of(ITransformer teacher, string score = "Score", DistillationKind kind = DistillationKind.Soft) => new(
        _context, new() { Teacher = teacher, TeacherScoreColumnName = score, Kind = kind }, "Image", _labels);

    private static float[] Scores(Teacher teacher)
    {
        var scores = new float[_photos.Count * teacher.ClassCount];
        teacher.Score([.. _photos.Select(photo => RgbImage.FromMLImage(photo.Image!))], i => $"image {i}", scores, default);
        return scores;
    }

    /// <summary>Gives each image the same scores.</summary>
    private static ITransformer Constant(float[] scores)
    {
        var output = SchemaDefinition.Create(typeof(Scored));
        output[nameof(Scored.Score)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, scores.Length);
        return _context.Transforms.CustomMapping<Seen, Scored>((_, scored) => scored.Score = scores, null, outputSchemaDefinition: output)
            .Fit(_context.Data.LoadFromEnumerable(_photos));
    }

    private sealed class Seen
    {
        [ImageType(Photo.Side, Photo.Side)]
        public MLImage? Image { get; set; }
    }

    private sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
