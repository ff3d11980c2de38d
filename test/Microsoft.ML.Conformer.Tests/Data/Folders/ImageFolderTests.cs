using Microsoft.ML.Conformer.Data.Folders;

namespace Microsoft.ML.Conformer.Tests.Data.Folders;

[TestClass]
public sealed class ImageFolderTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void ListsClassesAndFilesInOrdinalOrder()
    {
        Touch("b/z.png", "b/A.JPG", "b/a.jpeg", "b/deeper/0.bmp", "B/1.webp", "a é 写真/x y.gif");
        Touch("root.jpg", "b/notes.txt", "a é 写真/.hidden.png", "b/.thumbs/1.jpg", ".git/1.jpg");

        var files = ImageFolder.Enumerate(_folder.Path);

        CollectionAssert.AreEqual(
            new[] { "B/1.webp|B", "a é 写真/x y.gif|a é 写真", "b/A.JPG|b", "b/a.jpeg|b", "b/deeper/0.bmp|b", "b/z.png|b" },
            files.Select(file => $"{Path.GetRelativePath(_folder.Path, file.ImagePath).Replace('\\', '/')}|{file.Label}").ToArray());
        Assert.IsTrue(files.All(file => Path.IsPathFullyQualified(file.ImagePath)));
    }

    [TestMethod]
    public void ATrailingSeparatorMakesNoDifference()
    {
        Touch("a/1.png");

        Assert.AreEqual("a", ImageFolder.Enumerate(_folder.Path + Path.DirectorySeparatorChar).Single().Label);
    }

    [TestMethod]
    public void NamesAFolderThatDoesNotExist()
    {
        var missing = _folder.File("missing");

        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => ImageFolder.Enumerate(missing)).Message, missing);
    }

    [TestMethod]
    public void NamesAFolderWithoutClasses()
    {
        Touch("1.png", ".hidden/1.png");

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => ImageFolder.Enumerate(_folder.Path)).Message, _folder.Path);
    }

    [TestMethod]
    public void NamesAClassWithoutImages()
    {
        Touch("a/1.png", "empty/notes.txt", "empty/.1.png");

        var error = Assert.ThrowsExactly<InvalidDataException>(() => ImageFolder.Enumerate(_folder.Path));

        StringAssert.Contains(error.Message, _folder.File("empty"));
    }

    [TestMethod]
    public void LinksThatLeadInCirclesAreNotFollowed()
    {
        Touch("a/1.png");
        try
        {
            Directory.CreateSymbolicLink(_folder.File("a", "circle"), _folder.File("a"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Assert.Inconclusive($"Links cannot be made here: {exception.Message}");
        }

        Assert.AreEqual(1, ImageFolder.Enumerate(_folder.Path).Count);
    }

    private void Touch(params string[] files)
    {
        foreach (var file in files)
        {
            var path = _folder.File(file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, []);
        }
    }
}
