using System.Net.Sockets;
using Microsoft.ML.Conformer.Files;

namespace Microsoft.ML.Conformer.Tests.Files;

[TestClass]
public sealed class AtomicFileTests
{
    [TestMethod]
    public void ALinkStaysAndTheFileThatItPointsToIsReplaced()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("models"));
        File.WriteAllText(folder.File("models", "first"), "old");
        File.CreateSymbolicLink(folder.File("alias"), "current");
        File.CreateSymbolicLink(folder.File("current"), Path.Combine("models", "first"));

        AtomicFile.Write(folder.File("alias"), "new");

        Assert.AreEqual("new", File.ReadAllText(folder.File("models", "first")));
        Assert.AreEqual("current", new FileInfo(folder.File("alias")).LinkTarget);
        Assert.AreEqual(Path.Combine("models", "first"), new FileInfo(folder.File("current")).LinkTarget);
        Assert.AreEqual(1, Directory.GetFiles(folder.File("models")).Length);
    }

    [TestMethod]
    public void ALinkToNothingGetsItsFile()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.File("link"), "file");
        File.CreateSymbolicLink(folder.File("lost"), Path.Combine("absent", "file"));

        AtomicFile.Write(folder.File("link"), "new");
        var error = Assert.ThrowsExactly<DirectoryNotFoundException>(() => AtomicFile.Write(folder.File("lost"), "new"));

        Assert.AreEqual("new", File.ReadAllText(folder.File("file")));
        Assert.AreEqual("file", new FileInfo(folder.File("link")).LinkTarget);
        StringAssert.Contains(error.Message, $"'{folder.File("absent")}'");
    }

    [TestMethod]
    public void AnOlderFilesModeIsKept()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Files have no modes here.");
            return;
        }
        using var folder = new TemporaryFolder();
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite;
        File.WriteAllText(folder.File("file"), "old");
        File.SetUnixFileMode(folder.File("file"), mode);

        AtomicFile.Write(folder.File("file"), "new");

        Assert.AreEqual("new", File.ReadAllText(folder.File("file")));
        Assert.AreEqual(mode, File.GetUnixFileMode(folder.File("file")));
    }

    [TestMethod]
    public void WhatIsNoPlainFileIsRefusedAndStays()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("folder"));
        SpecialFile.Pipe(folder.File("pipe"));
        File.CreateSymbolicLink(folder.File("link"), "pipe");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.File("socket")));
        var before = Directory.GetFileSystemEntries(folder.Path).Order().ToArray();

        foreach (var (path, kind) in new[]
        {
            (folder.File("folder"), "a folder"), (folder.File("pipe"), "a pipe"), (folder.File("link"), "a pipe"),
            (folder.File("socket"), "a socket"), ("/dev/null", "a device"),
        })
        {
            var error = Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(path, "new"));
            StringAssert.Contains(error.Message, $"'{path}' cannot be written: it is {kind}.");
        }

        CollectionAssert.AreEqual(before, Directory.GetFileSystemEntries(folder.Path).Order().ToArray());
        Assert.AreEqual("a device", PlainFile.OtherKind("/dev/null"));
    }

    [TestMethod]
    public void AFileIsPlainWhateverItHolds()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("empty"), []);
        File.WriteAllBytes(folder.File("full"), [1]);
        File.CreateSymbolicLink(folder.File("link"), "empty");

        foreach (var name in (string[])["empty", "full", "link", "absent"])
            Assert.IsNull(PlainFile.OtherKind(folder.File(name)), name);
    }

    [TestMethod]
    public void SeveralFilesAppearTogetherOrNotAtAll()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("first"), "old");
        using (var first = new AtomicFile(folder.File("first")))
        using (var second = new AtomicFile(folder.File("second")))
        {
            first.Stream.WriteByte(1);
            second.Stream.WriteByte(2);
        }

        Assert.AreEqual("old", File.ReadAllText(folder.File("first")));
        CollectionAssert.AreEqual(new[] { folder.File("first") }, Directory.GetFiles(folder.Path));

        using (var first = new AtomicFile(folder.File("first")))
        using (var second = new AtomicFile(folder.File("second")))
        {
            first.Stream.WriteByte(1);
            second.Stream.WriteByte(2);
            AtomicFile.Complete(second, first);
        }
        CollectionAssert.AreEqual(new byte[] { 1 }, File.ReadAllBytes(folder.File("first")));
        CollectionAssert.AreEqual(new byte[] { 2 }, File.ReadAllBytes(folder.File("second")));
        Assert.AreEqual(2, Directory.GetFiles(folder.Path).Length);
    }
}
