using Microsoft.ML.Conformer.Files;

namespace Microsoft.ML.Conformer.Tests.Files;

[TestClass]
public sealed class TemporaryFileTests
{
    private static readonly DateTime _old = DateTime.UtcNow.AddHours(-2);

    [TestMethod]
    public void WhatADeadProcessLeftGoesAndWhatIsInUseOrOfOthersStays()
    {
        using var folder = new TemporaryFolder();
        var left = folder.File($"conformer-{Guid.NewGuid():N}.tmp");
        string[] others = [folder.File("conformer-tiny.tmp"), folder.File("conformer-tiny.onnx"), folder.File("other.tmp")];
        var young = folder.File($"conformer-{Guid.NewGuid():N}.tmp");
        foreach (var file in (string[])[left, young, .. others])
            File.WriteAllText(file, "");
        foreach (var file in (string[])[left, .. others])
            File.SetLastWriteTimeUtc(file, _old);
        using var used = new TemporaryFile(folder.Path, stream => stream.WriteByte(1));
        File.SetLastWriteTimeUtc(used.Path, _old);

        string path;
        using (var next = new TemporaryFile(folder.Path, stream => stream.WriteByte(2)))
        {
            path = next.Path;
            CollectionAssert.AreEqual(new byte[] { 2 }, File.ReadAllBytes(path));
        }

        Assert.IsFalse(File.Exists(left), "It is left.");
        Assert.IsFalse(File.Exists(path), "It is left.");
        foreach (var file in (string[])[used.Path, young, .. others])
            Assert.IsTrue(File.Exists(file), file);
    }

    [TestMethod]
    public void AFileThatCannotBeWrittenToItsEndIsNotLeft()
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<InvalidDataException>(() => new TemporaryFile(folder.Path, _ => throw new InvalidDataException()));

        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void OnlyItsUserMayReadItAndOneWithoutANameIsNotFound()
    {
        using var folder = new TemporaryFolder();
        using var named = new TemporaryFile(folder.Path, _ => { });
        using var nameless = TemporaryFile.Nameless(folder.Path);
        if (OperatingSystem.IsWindows())
            Assert.Inconclusive("Files have no modes here, and keep their names.");
        else
        {
            const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.AreEqual(mode, File.GetUnixFileMode(named.Path));
            Assert.AreEqual(mode, File.GetUnixFileMode(nameless.SafeFileHandle));
            CollectionAssert.AreEqual(new[] { named.Path }, Directory.GetFileSystemEntries(folder.Path));
        }
    }

    [TestMethod]
    public void AWriterRemovesWhatADeadOneLeftOfTheSameFileOnly()
    {
        using var folder = new TemporaryFolder();
        var left = folder.File("model.onnx.abcdefgh.ijk.partial");
        string[] others = [folder.File("other.onnx.abcdefgh.ijk.partial"), folder.File("model.onnx.partial")];
        foreach (var file in (string[])[left, .. others])
        {
            File.WriteAllText(file, "");
            File.SetLastWriteTimeUtc(file, _old);
        }
        using var other = new AtomicFile(folder.File("model.onnx"));
        File.SetLastWriteTimeUtc(other.Stream.Name, _old);

        AtomicFile.Write(folder.File("model.onnx"), "new");

        CollectionAssert.AreEquivalent(
            (string[])[folder.File("model.onnx"), other.Stream.Name, .. others], Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void ASmallFileIsReadAndALongOneOrAPipeIsNot()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("small"), [1, 2, 3]);
        using (var sparse = File.Create(folder.File("sparse")))
            sparse.SetLength(1L << 30);

        CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, PlainFile.ReadAll(folder.File("small"), 3));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => PlainFile.ReadAll(folder.File("sparse"), 3));
        StringAssert.Contains(error.Message, $"'{folder.File("sparse")}' has 1073741824 bytes; expected at most 3.");
        var pipe = SpecialFile.Pipe(folder.File("pipe"));
        error = Assert.ThrowsExactly<InvalidDataException>(() => PlainFile.ReadAll(pipe, 3));
        StringAssert.Contains(error.Message, $"'{pipe}' is a pipe");
    }
}
