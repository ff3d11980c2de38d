using Microsoft.ML.Conformer.Data.Folders;

namespace Microsoft.ML.Conformer.Tests.Data.Folders;

[TestClass]
public sealed class ImageSplitsTests
{
    private readonly ImageTree _tree = new();

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    [DataRow("train", "valid")]
    [DataRow("Train", "Val")]
    [DataRow("TRAINING", "Validation")]
    public void TakesPartsByTheNamesThatPeopleUse(string train, string val)
    {
        _tree.Touch($"{train}/b/1.png", $"{train}/a/1.png", $"{train}/a/2.png", $"{val}/a/1.png", $"{val}/b/3.png");

        var splits = _tree.Split(new ImageFolderOptions { Seed = 3 });

        CollectionAssert.AreEqual(new[] { $"{train}/a/1.png|a", $"{train}/a/2.png|a", $"{train}/b/1.png|b" }, _tree.Rows(splits.Training));
        CollectionAssert.AreEqual(new[] { $"{val}/a/1.png|a", $"{val}/b/3.png|b" }, _tree.Rows(splits.Validation));
        Assert.IsNull(splits.Test);
        CollectionAssert.AreEqual(
            new[] { new ImageClassCount("a", 2, 1, 0), new ImageClassCount("b", 1, 1, 0) }, splits.Classes.ToArray());
        Assert.AreEqual(
            $"""
            classes: 2; training images of each: 1 to 2
            images: 3 to train on, 2 to validate with
            split of '{_tree.Path}': training is '{train}'; validation is '{val}'
            """, splits.Summary);
    }

    [TestMethod]
    [DataRow("train", "test")]
    [DataRow("training", "testing")]
    public void ALoneTestPartIsHeldOutAndNeverValidates(string train, string test)
    {
        _tree.Fill(5, $"{train}/a", $"{train}/b", $"{test}/a", $"{test}/b");

        var splits = _tree.Split();

        Assert.HasCount(8, _tree.Rows(splits.Training));
        Assert.HasCount(2, _tree.Rows(splits.Validation));
        Assert.IsTrue(_tree.Rows(splits.Validation).All(row => row.StartsWith(train + "/", StringComparison.Ordinal)));
        Assert.HasCount(10, _tree.Rows(splits.Test));
        StringAssert.Contains(splits.Summary, "images: 8 to train on, 2 to validate with, 10 held out");
        StringAssert.Contains(
            splits.Summary,
            $"training is the rest of '{train}'; validation is 20 % of each class of it, as there is no such part (seed 0); test is '{test}'");
    }

    [TestMethod]
    public void AllThreePartsAreTakenAndOtherFilesAreNot()
    {
        _tree.Touch("train/a/1.png", "val/a/1.png", "test/a/1.png", "labels.csv", "cover.png", "annotations/a.xml", "val/b.png");

        var splits = _tree.Split();

        CollectionAssert.AreEqual(new[] { "test/a/1.png|a" }, _tree.Rows(splits.Test));
        StringAssert.Contains(
            splits.Summary, $"passed over: outside of the class folders 3 (the first is '{_tree.File("cover.png")}'), .csv 1");
    }

    [TestMethod]
    public void NamesFoldersThatMeanTheSamePart()
    {
        _tree.Touch("train/a/1.png", "val/a/1.png", "valid/a/1.png");

        StringAssert.Contains(Error(), "'val' and 'valid' mean the same part");
    }

    [TestMethod]
    [DataRow("'val' has no folders with images", "train/a/1.png", "val/readme.txt")]
    [DataRow("there is no part to train on", "val/a/1.png", "test/a/1.png")]
    [DataRow("the folder 'cat' beside them has images", "train/a/1.png", "val/a/1.png", "cat/1.png")]
    [DataRow("they hold both images and folders of images", "train/a/1.png", "train/1.png", "val/a/1.png", "val/1.png")]
    [DataRow("'val' has no folders with images", "train/a/1.png", "val/1.png")]
    public void SaysWhyALayoutThatLooksLikePartsIsNone(string reason, params string[] files)
    {
        _tree.Touch(files);

        var error = Error();

        StringAssert.Contains(error, $"'{_tree.Path}' looks like one with parts");
        StringAssert.Contains(error, reason);
    }

    [TestMethod]
    public void WhatIsListedToBeScoredMayHaveClassesThatTrainLacks()
    {
        _tree.Touch("train/a/1.png", "test/a/1.png", "test/none/1.png");

        var listing = ImageFolder.Read(_tree.Path, new ImageFolderOptions());

        CollectionAssert.AreEqual(
            (string[])["a", "none"], listing[DataPart.Test]!.Files.Select(file => file.Label).ToArray());
        StringAssert.Contains(Error(), "'test' of");
    }

    [TestMethod]
    public void NamesAClassThatTrainLacks()
    {
        _tree.Touch("train/a/1.png", "val/a/1.png", "val/c/1.png", "val/b/1.png");

        StringAssert.Contains(Error(), $"'val' of '{_tree.Path}' has classes that 'train' lacks: b, c.");
    }

    [TestMethod]
    public void AClassWithoutImagesIsAnErrorInTrainAndAWarningInVal()
    {
        _tree.Touch("train/a/1.png", "train/b/1.png", "train/c/1.png", "val/a/1.png", "val/c/notes.txt");

        StringAssert.Contains(
            _tree.Split().Summary, "warning: 'val' has no images of these classes, whose recall stays unknown: b, c");

        Directory.CreateDirectory(_tree.File("train", "d"));
        StringAssert.Contains(Error(), $"Class folders of '{_tree.File("train")}' have no images");
    }

    [TestMethod]
    [DataRow(2, 0, 1, 1, 0)]
    [DataRow(4, 0, 3, 1, 0)]
    [DataRow(3, 0.3, 1, 1, 1)]
    [DataRow(10, 0.3, 5, 2, 3)]
    public void EachClassIsDividedByTheFractionsAndHasOneImageInEachPartAtLeast(
        int images, double testFraction, int training, int validation, int test)
    {
        _tree.Fill(images, "a", "b");

        var splits = _tree.Split(new ImageFolderOptions { TestFraction = testFraction });

        CollectionAssert.AreEqual(
            new[] { new ImageClassCount("a", training, validation, test), new ImageClassCount("b", training, validation, test) },
            splits.Classes.ToArray());
        string[] all = [.. _tree.Rows(splits.Training), .. _tree.Rows(splits.Validation), .. test > 0 ? _tree.Rows(splits.Test) : []];
        CollectionAssert.AreEquivalent(_tree.Classes(), all);
        Assert.AreEqual(test > 0, splits.Test is not null);
    }

    [TestMethod]
    public void SaysWhichClassesHaveTooFewImages()
    {
        _tree.Fill(1, "a", "c");
        _tree.Fill(9, "b");

        StringAssert.Contains(Error(), "each class needs at least 2 images, one for training and one for validation. " +
            "a has 1 and lacks 1, c has 1 and lacks 1.");
    }

    [TestMethod]
    public void TheSeedAloneDecidesWhatIsDrawn()
    {
        _tree.Fill(20, "a");
        using var elsewhere = new ImageTree([.. Enumerable.Range(1, 20).Reverse().Select(i => $"a/{i}.png")]);

        var first = _tree.Rows(_tree.Split().Validation);

        CollectionAssert.AreEqual(first, elsewhere.Rows(elsewhere.Split().Validation));
        CollectionAssert.AreNotEqual(first, _tree.Rows(_tree.Split(new ImageFolderOptions { Seed = 1 }).Validation));
        // Four of twenty are drawn: over many seeds each image as often as another.
        var often = Enumerable.Range(0, 500)
            .SelectMany(seed => _tree.Rows(_tree.Split(new ImageFolderOptions { Seed = seed }).Validation)).CountBy(row => row).ToList();
        Assert.HasCount(20, often);
        Assert.IsTrue(often.All(image => image.Value is > 60 and < 140), string.Join(", ", often));
    }

    [TestMethod]
    public void ImagesThatAreAddedLeaveMostOthersWhereTheyWere()
    {
        _tree.Fill(100, "a");
        var before = _tree.Rows(_tree.Split().Validation);

        _tree.Touch("a/101.png", "a/102.png", "a/0.png");

        Assert.IsGreaterThanOrEqualTo(17, before.Intersect(_tree.Rows(_tree.Split().Validation)).Count());
    }

    private string Error() => Assert.ThrowsExactly<InvalidDataException>(() => _tree.Split()).Message;
}
