using System.Collections.Concurrent;
using Microsoft.ML.Conformer.Tests.Data;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>
/// Files that others made, each opened by a process of its own with limits of time and memory: all are refused clearly, or give the right
/// scores, and no other file is opened.
/// </summary>
[TestClass]
[DoNotParallelize] // two processes at once already, with ten seconds each
public sealed class HostileModelTests
{
    private const string Shared = "hostile_models";

    [TestMethod]
    public void GraphsAreRefused() => AssertAll(HostileGraphs.All());

    [TestMethod]
    public void MetadataAreRefusedOrText() => AssertAll(HostileEntries.All());

    [TestMethod]
    public void ZipsAreRefused() => AssertAll(HostileZips.All());

    [TestMethod]
    public void WhatIsNoFileIsRefused() => AssertAll(HostilePlaces.All());

    /// <summary>Graphs that read files, recurse, never end or take all memory.</summary>
    [TestMethod]
    public void FilesOfOtherProgramsAreRefused() =>
        AssertAll(SharedFiles().Select(path => new HostileModel(Path.GetFileName(path), "", copy => File.Copy(path, copy))));

    /// <summary>What the other tests rely on.</summary>
    [TestMethod]
    public void AFileThatIsOpenedIsSeen()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("read"), "text");
        File.WriteAllText(folder.File("unread"), "text");
        using var opened = new OpenedFiles(folder.Path);

        File.ReadAllText(folder.File("read"));

        CollectionAssert.AreEqual(new[] { "read" }, opened.Names().ToArray());
        Assert.AreEqual(0, opened.Names().Count);
    }

    private static string[] SharedFiles() => [.. Directory.EnumerateFiles(SharedData.FolderOrInconclusive(Shared))
        .Where(path => Path.GetExtension(path) is ".onnx" or ".zip").Order(StringComparer.Ordinal)];

    private static void AssertAll(IEnumerable<HostileModel> files)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("Which files a process opens is seen on Linux.");
        var sound = HostileRun.Of("sound.onnx", path => File.WriteAllBytes(path, SoundModels.Of(SoundModels.Normalized)));
        var scores = sound.Scores;
        Assert.IsNotNull(scores, sound.Output);
        Assert.AreEqual(1, scores.Sum(), 1e-5);
        var faults = new ConcurrentBag<string>();
        Parallel.ForEach(
            Partitioner.Create(files, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = 2 }, file =>
        {
            var run = HostileRun.Of(file.Name, file.Write);
            if ((file.Says is null ? run.ScoresFault(scores) : run.RefusalFault(file.Says)) is { } fault)
                faults.Add($"{file.Name}: {fault}");
        });
        Assert.AreEqual(0, faults.Count, string.Join('\n', faults.Order(StringComparer.Ordinal)));
    }
}
