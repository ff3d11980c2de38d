using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public sealed class ConformerCatalogTests
{
    private static readonly MLContext _context = new(seed: 1);

    [TestMethod]
    public void TheShortOverloadPassesItsArgumentsOn()
    {
        var photos = Photo.View(_context, Photo.Set(6));
        var trainer = _context.MulticlassClassification.Trainers.Conformer("Label", "Photo", variant: ConformerVariant.Small);

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => trainer.Fit(photos));
        StringAssert.Contains(error.Message, "image column 'Photo'");
        var names = Assert.ThrowsExactly<ArgumentException>(() => _context.MulticlassClassification.Trainers.Conformer(
            labelColumnName: "", scoreColumnName: "Out", predictedLabelColumnName: "Out"));
        StringAssert.Contains(names.Message, "LabelColumnName is empty");
        StringAssert.Contains(names.Message, "ScoreColumnName and PredictedLabelColumnName are all 'Out'");
        var noPhotos = _context.Data.LoadFromEnumerable(Array.Empty<Prediction>());
        error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => _context.MulticlassClassification.Trainers.Conformer(validationSet: noPhotos).Fit(photos));
        StringAssert.Contains(error.Message, "image column 'Image'");
        Assert.ThrowsExactly<ArgumentException>(() => _context.MulticlassClassification.Trainers.Conformer(variant: (ConformerVariant)9));
    }

    [TestMethod]
    public void AFolderOfClassFoldersBecomesPathsAndLabels()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in new[] { "tulip/b.jpg", "tulip/a.png", "rose/c.jpeg" })
        {
            Directory.CreateDirectory(folder.File(Path.GetDirectoryName(file)!));
            File.WriteAllBytes(folder.File(file), []);
        }

        var data = _context.Data.LoadFromImageFolder(folder.Path);

        CollectionAssert.AreEqual(new[] { "rose", "tulip", "tulip" }, data.GetColumn<string>("Label").ToArray());
        CollectionAssert.AreEqual(
            new[] { folder.File("rose/c.jpeg"), folder.File("tulip/a.png"), folder.File("tulip/b.jpg") },
            data.GetColumn<string>("ImagePath").ToArray());
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => _context.Data.LoadFromImageFolder(folder.File("absent")));
    }
}
