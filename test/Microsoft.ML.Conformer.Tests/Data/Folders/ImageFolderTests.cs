namespace Microsoft.ML.Conformer.Tests.Data.Folders;

[TestClass]
public sealed class ImageFolderTests
{
    private const string Composed = "caf\u00E9", Decomposed = "cafe\u0301";

    private readonly ImageTree _tree = new();

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    public void ListsClassesAndFilesInOrdinalOrder()
    {
        _tree.Touch("b/z.png", "b/A.JPG", "b/a.jpeg", "b/deeper/0.bmp", "C/1.webp", "a é 写真/x y.gif");

        CollectionAssert.AreEqual(
            new[] { "C/1.webp|C", "a é 写真/x y.gif|a é 写真", "b/A.JPG|b", "b/a.jpeg|b", "b/deeper/0.bmp|b", "b/z.png|b" },
            _tree.Classes());
    }

    [TestMethod]
    public void CountsWhatItFindsInTheLog()
    {
        _tree.Touch("a/1.png", "b/1.png", "b/2.png", "b/notes{0}.txt");

        Assert.AreEqual($"'{_tree.Path}': 2 classes, 3 images; passed over: .txt 1.", _tree.Log());
    }

    [TestMethod]
    public void SubfoldersBelongToTheirClassUnlessTheyAreToBeLeftOut()
    {
        _tree.Touch("a/1.png", "a/deep/er/2.png", "b/3.png");

        Assert.HasCount(3, _tree.Classes());
        CollectionAssert.AreEqual(
            new[] { "a/1.png|a", "b/3.png|b" }, _tree.Classes(new ImageFolderOptions { IncludeSubfolders = false }));
    }

    [TestMethod]
    public void AClassMayBeCalledTrain()
    {
        _tree.Touch("bus/1.png", "car/1.png", "train/1.png");
        CollectionAssert.AreEqual(new[] { "bus/1.png|bus", "car/1.png|car", "train/1.png|train" }, _tree.Classes());

        _tree.Touch("train/steam/2.png", "test/1.png");
        CollectionAssert.AreEqual(
            new[] { "bus/1.png|bus", "car/1.png|car", "test/1.png|test", "train/1.png|train", "train/steam/2.png|train" }, _tree.Classes());
    }

    [TestMethod]
    [DataRow("train", "val")]
    [DataRow("Training", "TESTING")]
    public void PartsAreNotTakenForClasses(string one, string other)
    {
        _tree.Touch($"{one}/a/1.png", $"{other}/a/2.png");

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _tree.Classes());

        StringAssert.Contains(error.Message, $"'{_tree.Path}' holds parts of a data set, '{one}' and '{other}'");
        StringAssert.Contains(error.Message, "LoadImageSplits");
    }

    [TestMethod]
    public void FoldersThatDifferInUnicodeFormAreOneClass()
    {
        RequireUnicodeData();
        _tree.Touch($"{Composed}/1.png", $"{Decomposed}/2.png", "tee/1.png");

        CollectionAssert.AreEqual(
            new[] { $"{Decomposed}/2.png|{Composed}", $"{Composed}/1.png|{Composed}", "tee/1.png|tee" }, _tree.Classes());
    }

    [TestMethod]
    public void AClassIsTheSameInBothPartsWhateverItsUnicodeForm()
    {
        RequireUnicodeData();
        _tree.Touch($"train/{Composed}/1.png", "train/tee/1.png", $"val/{Decomposed}/2.png", "val/tee/2.png");

        var splits = _tree.Split();

        CollectionAssert.AreEqual(
            new[] { new ImageClassCount(Composed, 1, 1, 0), new ImageClassCount("tee", 1, 1, 0) }, splits.Classes.ToArray());
        Assert.AreEqual($"val/{Decomposed}/2.png|{Composed}", _tree.Rows(splits.Validation)[0]);
    }

    [TestMethod]
    public void NamesClassesThatDifferInCaseOnly()
    {
        _tree.Touch("train/Cat/1.png", "train/dog/1.png", "val/cat/1.png");

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _tree.Split());

        StringAssert.Contains(
            error.Message, $"'Cat' ('{_tree.File("train", "Cat", "1.png")}') and 'cat' ('{_tree.File("val", "cat", "1.png")}')");
    }

    [TestMethod]
    public void ATrailingSeparatorMakesNoDifference()
    {
        _tree.Fill(2, "a", "b");

        Assert.HasCount(2, new MLContext().Data.LoadImageSplits(_tree.Path + Path.DirectorySeparatorChar).Classes);
    }

    [TestMethod]
    public void NamesAFolderThatDoesNotExist()
    {
        var missing = _tree.File("missing");
        var data = new MLContext().Data;

        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => data.LoadFromImageFolder(missing)).Message, missing);
        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => data.LoadImageSplits(missing)).Message, missing);
        var file = _tree.Write("list.csv", []);
        StringAssert.Contains(
            Assert.ThrowsExactly<DirectoryNotFoundException>(() => data.LoadFromImageFolder(file)).Message,
            "LoadImageSplits reads a manifest");
    }

    [TestMethod]
    public void NamesAFolderWithoutClasses()
    {
        _tree.Touch("1.png", ".hidden/1.png");

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _tree.Classes());

        StringAssert.Contains(error.Message, $"'{_tree.Path}' has no class folders");
        StringAssert.Contains(error.Message, $"outside of the class folders 1 ('{_tree.File("1.png")}')");
    }

    [TestMethod]
    public void NamesClassesWithoutImages()
    {
        _tree.Touch("a/1.png", "empty/notes.txt", "raw/1.heic", "raw/2.HEIC");

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _tree.Classes());

        StringAssert.Contains(error.Message, $"'{_tree.Path}' have no images (.jpg, ");
        StringAssert.Contains(error.Message, "empty, raw. Add some, or remove the folders (passed over: .heic 2, .txt 1).");
    }

    [TestMethod]
    public void OptionsAreCheckedAllAtOnce()
    {
        var wrong = new ImageFolderOptions { ValidationFraction = 0, TestFraction = -0.5 };
        var message = Assert.ThrowsExactly<ArgumentException>(() => _tree.Split(wrong)).Message;
        StringAssert.Contains(message, "ValidationFraction is 0; it must be above 0.");
        StringAssert.Contains(message, "TestFraction is -0.5; it must be 0-0.99.");

        wrong = new ImageFolderOptions { ValidationFraction = 0.5, TestFraction = 0.5 };
        message = Assert.ThrowsExactly<ArgumentException>(() => _tree.Split(wrong)).Message;
        StringAssert.Contains(message, "ValidationFraction and TestFraction are 0.5 and 0.5; together they may be 0.99 at most.");
    }

    private static void RequireUnicodeData()
    {
        if (Decomposed.Normalize() != Composed)
            Assert.Inconclusive("These tests run with InvariantGlobalization, in which .NET has no Unicode forms.");
    }
}
