namespace Microsoft.ML.Conformer.Tests.Data.Folders;

/// <summary>What people have in folders beside photos: taken or passed over, and said in one line.</summary>
[TestClass]
public sealed class PassedOverTests
{
    private static readonly string[] _one = ["a/1.png|a", "b/1.png|b"];

    private readonly ImageTree _tree = new("a/1.png", "b/1.png");

    [TestCleanup]
    public void DeleteFolder() => _tree.Dispose();

    [TestMethod]
    public void FoldersAndFilesOfTheSystemAreNoClassesAndNoImages()
    {
        string[] folders = ["lost+found", "__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "#recycle", ".git"];
        foreach (var folder in folders)
            _tree.Touch($"{folder}/a/1.png", $"a/{folder}/1.png");
        _tree.Touch("Thumbs.db", "a/Thumbs.db", "a/desktop.ini", "a/.DS_Store", "a/._1.png");

        CollectionAssert.AreEqual(_one, _tree.Classes());
        Assert.AreEqual($"'{_tree.Path}': 2 classes, 2 images; passed over: hidden or of the system 19.", _tree.Log());
    }

    [TestMethod]
    public void ExtensionsOfImagesAreTakenInAnyCaseAndOthersAreCounted()
    {
        _tree.Touch("a/2.jfif", "a/3.JPE", "a/4.WebP", "a/5.tif", "a/6.TIF", "b/2.heic");

        CollectionAssert.AreEqual(new[] { "a/1.png|a", "a/2.jfif|a", "a/3.JPE|a", "a/4.WebP|a", "b/1.png|b" }, _tree.Classes());
        StringAssert.EndsWith(_tree.Log(), "passed over: .tif 2, .heic 1.");
    }

    [TestMethod]
    [DataRow("FF D8 FF E0 00 10", true)]
    [DataRow("89 50 4E 47 0D 0A 1A 0A 00 00 00 0D", true)]
    [DataRow("47 49 46 38 39 61", true)]
    [DataRow("42 4D 36 00 0C 00 00 00 00 00 36 00", true)]
    [DataRow("52 49 46 46 24 00 00 00 57 45 42 50", true)]
    [DataRow("52 49 46 46 24 00 00 00 57 41 56 45", false)] // WAVE
    [DataRow("42 4D 57 20 33 20 73 65 72 69 65 73", false)] // BMW 3 series
    [DataRow("", false)]
    public void AFileWithoutExtensionIsTakenForWhatItBeginsWith(string bytes, bool isImage)
    {
        _tree.Write("b/IMG_0001", Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));

        CollectionAssert.AreEqual(isImage ? [.. _one, "b/IMG_0001|b"] : _one, _tree.Classes());
        Assert.AreEqual(!isImage, _tree.Log().EndsWith("passed over: no extension and no image inside 1.", StringComparison.Ordinal));
    }

    [TestMethod]
    public void ALinkToAFileIsFollowedAndABrokenOneIsCounted()
    {
        var photo = _tree.Write("elsewhere/photo.jpg", [1]);
        _tree.Link("a/linked.jpg", photo);
        _tree.Link("a/broken.jpg", _tree.File("nowhere.jpg"));
        _tree.Link("a/circle.jpg", _tree.File("a", "circle.jpg"));

        CollectionAssert.AreEqual(new[] { "a/1.png|a", "a/linked.jpg|a", "b/1.png|b", "elsewhere/photo.jpg|elsewhere" }, _tree.Classes());
        StringAssert.Contains(_tree.Log(), "passed over: broken link 2 (the first is '");
    }

    [TestMethod]
    public void AClassFolderMayBeALinkAndLinksInsideAClassAreNotFollowed()
    {
        using var elsewhere = new ImageTree("photos/9.png");
        _tree.Link("c", elsewhere.File("photos"), toFolder: true);
        _tree.Link("a/linked", elsewhere.File("photos"), toFolder: true);

        CollectionAssert.AreEqual(new[] { "a/1.png|a", "b/1.png|b", "c/9.png|c" }, _tree.Classes());
        StringAssert.EndsWith(_tree.Log(), $"link to a folder inside a class 1 ('{_tree.File("a", "linked")}').");
    }

    [TestMethod]
    public void ALinkToAFolderThatHoldsItIsNoClassOfEverybodysImages()
    {
        _tree.Link("all", _tree.File("."), toFolder: true);
        _tree.Link("a/up", _tree.File("a"), toFolder: true);

        CollectionAssert.AreEqual(new[] { "a/1.png|a", "b/1.png|b" }, _tree.Classes());
        StringAssert.Contains(_tree.Log(), "link to a folder that holds it 2");
    }

    [TestMethod]
    public void NamesThatAreNotValidUtf8ArePassedOverWithTheReason()
    {
        // One name really has U+FFFD; .NET shows the other as the same.
        _tree.Shell(@"mkdir $'\xe9cole'; touch a/$'\xe9.png' b/$'\xe9.png' b/$'\xef\xbf\xbd.png' $'\xe9cole/1.png'");
        try
        {
            CollectionAssert.AreEqual(new[] { "a/1.png|a", "b/1.png|b", "b/\uFFFD.png|b" }, _tree.Classes());
            StringAssert.EndsWith(
                _tree.Log(), $"the name is not valid UTF-8 (rename it) 3 (the first is '{_tree.File("\uFFFDcole")}').");
        }
        finally
        {
            _tree.Shell(@"rm -r $'\xe9cole' b a/$'\xe9.png'");
        }
    }

    [TestMethod]
    public void WhatCannotBeReadIsPassedOver()
    {
        if (!OperatingSystem.IsLinux() || Environment.IsPrivilegedProcess)
            Assert.Inconclusive("Files cannot be made unreadable here: this user may read all.");
        _tree.Touch("c/1.png", "a/locked/1.png");
        _tree.Write("a/2.png", [1]);
        _tree.Write("a/2", [1]);
        _tree.Shell("chmod 000 c a/locked a/2.png a/2");
        try
        {
            CollectionAssert.AreEqual(_one, _tree.Classes());
            StringAssert.EndsWith(_tree.Log(), $"passed over: unreadable 4 (the first is '{_tree.File("c")}').");
        }
        finally
        {
            _tree.Shell("chmod 700 c a/locked a/2.png a/2");
        }
    }

    [TestMethod]
    public void ManyReasonsStayOneLine()
    {
        for (var i = 0; i < 30; i++)
            _tree.Touch($"a/notes.{i:00}");

        StringAssert.EndsWith(_tree.Log(), "passed over: .00 1, .01 1, .02 1, .03 1, .04 1, .05 1, .06 1, .07 1, for other reasons 22.");
    }
}
