using Microsoft.ML.Conformer.Files;

namespace Microsoft.ML.Conformer.Tests.Files;

[TestClass]
public sealed class OutputFolderTests
{
    [TestMethod]
    public void AnAbsentFolderIsMadeAndTheTestLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a", "b");

        OutputFolder.EnsureWritable(path, "results", "Name another one.");

        Assert.AreEqual(0, Directory.GetFileSystemEntries(path).Length);
    }

    [TestMethod]
    public void ALinkToAFolderWillDo()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("folder"));
        File.CreateSymbolicLink(folder.File("link"), "folder");

        OutputFolder.EnsureWritable(folder.File("link"), "results", "Name another one.");

        Assert.AreEqual(0, Directory.GetFileSystemEntries(folder.File("folder")).Length);
    }

    [TestMethod]
    public void AFileInItsPlaceALinkToNothingAndAReadOnlyFolderAreTold()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "kept");
        File.CreateSymbolicLink(folder.File("link"), "nowhere");

        AssertRefused(folder.File("file"), "It is a file.");
        AssertRefused(folder.File("file", "below"), "");
        AssertRefused(folder.File("link"), "It is a link to 'nowhere', where there is no folder.");
        Assert.AreEqual("kept", File.ReadAllText(folder.File("file")));
        Assert.AreEqual(2, Directory.GetFileSystemEntries(folder.Path).Length);

        AssertRefused(SpecialFile.ReadOnlyFolder(), "");
        AssertRefused(Path.Combine(SpecialFile.ReadOnlyFolder(), "below"), "");
    }

    private static void AssertRefused(string path, string reason)
    {
        var error = Assert.ThrowsExactly<IOException>(() => OutputFolder.EnsureWritable(path, "results", "Name another one."));
        StringAssert.StartsWith(error.Message, $"The folder '{path}' for results cannot be used: {reason}");
        StringAssert.EndsWith(error.Message, " Name another one.");
    }
}
