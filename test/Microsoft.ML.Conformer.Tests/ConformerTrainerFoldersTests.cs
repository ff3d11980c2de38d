using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests;

/// <summary>What training or saving will write to is tested before the work.</summary>
[TestClass]
public sealed class ConformerTrainerFoldersTests
{
    [TestMethod]
    [DataRow("TempFilePath")]
    [DataRow("CacheFolder")]
    [DataRow("Checkpoints.Folder")]
    [DataRow("Records.Folder")]
    public void AFolderThatCannotBeUsedIsAnErrorBeforeImagesAreRead(string option)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        File.CreateSymbolicLink(folder.File("link"), "nowhere");
        string[] unusable = [folder.File("file"), folder.File("link"), SpecialFile.ReadOnlyFolder()];
        foreach (var path in unusable)
        {
            var (context, options) = Set(option, path);
            var error = Assert.ThrowsExactly<IOException>(
                () => context.MulticlassClassification.Trainers.Conformer(options).Fit(Unreadable(context)));
            StringAssert.Contains(error.Message, $"'{path}'");
            StringAssert.Contains(error.Message, option);
        }
        Assert.AreEqual(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [TestMethod]
    public void FoldersAreMadeAndNothingStaysInThoseForTemporaryFiles()
    {
        using var folder = new TemporaryFolder();
        var options = ScoringModel.QuickTraining(epochs: 1);
        (options.MaxCacheBytes, options.CacheFolder) = (0, folder.File("new", "cache"));
        (options.Checkpoints.Folder, options.Records.Folder) = (folder.File("checkpoints"), folder.File("records"));
        var context = new MLContext(seed: 1) { TempFilePath = folder.File("new", "temporary") };
        var data = Photo.View(context, Photo.Set(12));

        using var model = context.MulticlassClassification.Trainers.Conformer(options).Fit(data);
        context.Model.Save(model, data.Schema, folder.File("model.zip"));

        Assert.AreEqual(0, Directory.GetFileSystemEntries(folder.File("new", "cache")).Length);
        Assert.AreEqual(0, Directory.GetFileSystemEntries(folder.File("new", "temporary")).Length);
        Assert.IsTrue(File.Exists(folder.File("records", "history.csv")));
        Assert.IsTrue(File.Exists(folder.File("checkpoints", "best.onnx")));
    }

    [TestMethod]
    public void TheSearchForALearningRateAndThePictureOfExamplesTestTheirsToo()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        var (context, options) = Set("CacheFolder", folder.File("file"));
        var trainer = context.MulticlassClassification.Trainers.Conformer(options);

        Assert.ThrowsExactly<IOException>(() => trainer.FindLearningRate(Unreadable(context)));
        Assert.ThrowsExactly<DirectoryNotFoundException>(
            () => trainer.SaveAugmentedExamples(Unreadable(context), folder.File("absent", "page.png")));
        Assert.ThrowsExactly<IOException>(() => trainer.SaveAugmentedExamples(Unreadable(context), folder.Path));
    }

    private static (MLContext Context, ConformerTrainer.Options Options) Set(string option, string path)
    {
        var (context, options) = (new MLContext(seed: 1), ScoringModel.QuickTraining(epochs: 1));
        switch (option)
        {
            case "TempFilePath": context.TempFilePath = path; break;
            case "CacheFolder": options.CacheFolder = path; break;
            case "Checkpoints.Folder": options.Checkpoints.Folder = path; break;
            default: options.Records.Folder = path; break;
        }
        return (context, options);
    }

    /// <summary>Photos whose images nobody may look at.</summary>
    private static IDataView Unreadable(MLContext context)
    {
        var data = context.Data.LoadFromEnumerable([new HiddenPhoto { Label = "a" }, new HiddenPhoto { Label = "b" }]);
        return context.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
    }

    private sealed class HiddenPhoto
    {
        [ImageType(Photo.Side, Photo.Side)]
        public MLImage? Image
        {
            get => throw new AssertFailedException("An image was read.");
            set => throw new NotSupportedException();
        }

        public string Label { get; set; } = "";
    }
}
