using Microsoft.ML.Conformer.Tests.Scoring;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public sealed class ConformerTrainerDistillationTests
{
    private readonly MLContext _context = new(seed: 1);
    private readonly List<string> _log = [];

    public ConformerTrainerDistillationTests() => _context.Log += (_, e) => _log.Add(e.RawMessage);

    [TestMethod]
    [DataRow(DistillationKind.Soft, TeacherInput.Augmented)]
    [DataRow(DistillationKind.Hard, TeacherInput.Original)]
    public void ANetworkLearnsFromItsTeacherWhatTheLabelsDoNotSay(DistillationKind kind, TeacherInput input)
    {
        var photos = Photo.Set(48);
        using var teacher = Trainer(ScoringModel.QuickTraining(epochs: 8)).Fit(Photo.View(_context, photos));
        var options = ScoringModel.QuickTraining(epochs: 8);
        (options.Distillation.Teacher, options.Distillation.Weight) = (teacher, 1);
        (options.Distillation.Kind, options.Distillation.TeacherInput) = (kind, input);
        var wrong = photos.Select((photo, i) => new Photo { Image = photo.Image, Label = Photo.Classes[i / 3 % 3] });

        using var student = Trainer(options).Fit(Photo.View(_context, wrong));

        var test = Photo.View(_context, Photo.Set(24, seed: 2));
        var figures = _context.MulticlassClassification.Evaluate(student.Transform(test));
        Assert.IsGreaterThanOrEqualTo(0.9, figures.MicroAccuracy);
        Assert.AreEqual(input == TeacherInput.Original, _log.Exists(line => line.StartsWith("The teacher scored 48 images in ")));
    }

    [TestMethod]
    public void WithoutRandomCropsTheTeacherScoresTheImagesOnce()
    {
        using var teacher = ScoringModel.Create(Photo.View(_context, Photo.Set(3)));
        var options = ScoringModel.QuickTraining(epochs: 1);
        (options.Distillation.Teacher, options.Augmentation) = (teacher, new() { CropAreaMin = 1 });

        using var student = Trainer(options).Fit(Photo.View(_context, Photo.Set(9)));

        Assert.IsTrue(_log.Exists(line => line.StartsWith("The teacher scored 9 images in ")), string.Join("\n", _log));
    }

    /// <summary>Columns and options are checked before the images are read.</summary>
    [TestMethod]
    public void ATeacherOfOtherClassesIsAnErrorBeforeAnyImageIsRead()
    {
        using var teacher = ScoringModel.Create(Photo.View(_context, Photo.Set(3)));
        var options = ScoringModel.QuickTraining(epochs: 1);
        options.Distillation.Teacher = teacher;
        var unreadable = _context.Data.LoadFromEnumerable(new[] { "blue", "rose", "red" }.Select(label => new Photo { Label = label }));
        unreadable = _context.Transforms.Conversion.MapValueToKey("Label").Fit(unreadable).Transform(unreadable);

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer(options).Fit(unreadable));

        StringAssert.Contains(error.Message, "does not know 1 of the 3 training classes: 'rose'");
    }

    private ConformerTrainer Trainer(ConformerTrainer.Options options) =>
        _context.MulticlassClassification.Trainers.Conformer(options);
}
