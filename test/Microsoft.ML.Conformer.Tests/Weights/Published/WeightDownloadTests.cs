using System.Diagnostics;
using Microsoft.ML.Conformer.Weights.Published;
using PortableModel;

namespace Microsoft.ML.Conformer.Tests.Weights.Published;

/// <summary>Downloads from a server on this machine.</summary>
[TestClass]
public sealed class WeightDownloadTests
{
    private static readonly byte[] _content = Content(1_500_000);

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void DeleteFolder() => _folder.Dispose();

    [TestMethod]
    public void ThePublishedNamesAreTheFourVariantsWithTheHashesOfTheirFileNames()
    {
        CollectionAssert.AreEquivalent(
            Enum.GetValues<ConformerVariant>(), PublishedWeights.All.Select(weights => weights.Variant).ToArray());
        CollectionAssert.AreEqual(
            new[] { "f6860372", "3065dcf5", "947a0816", "bfdf8637" },
            PublishedWeights.All.Select(weights => weights.Sha256Prefix).ToArray());
        Assert.AreEqual(
            "conformer-tiny-p16_3rdparty_8xb128_in1k_20211206-f6860372.pth", PublishedWeights.Find("Conformer-Tiny-P16")!.FileName);
        Assert.IsNull(PublishedWeights.Find("conformer-huge"));
    }

    [TestMethod]
    public async Task AFileIsDownloadedOnce()
    {
        using var server = new WeightServer(_content);
        for (var i = 0; i < 3; i++)
            await AssertArrives(server);
        CollectionAssert.AreEqual(new[] { "" }, server.Ranges);
        CollectionAssert.AreEquivalent(
            new[] { server.Weights.FileName, server.Weights.FileName + ".lock" },
            Directory.GetFiles(_folder.Path).Select(Path.GetFileName).ToArray(), "nothing else stays");
    }

    [TestMethod]
    public async Task CutConnectionsAreResumedWhereTheyStopped()
    {
        using var server = new WeightServer(_content, (number, context, content) =>
            number < 7 ? WeightServer.CutAsync(context, content, 100_000) : WeightServer.SendAsync(context, content));
        await AssertArrives(server);
        Assert.AreEqual(8, server.Ranges.Length);
        var starts = server.Ranges.Select(range => range.Length == 0 ? 0 : int.Parse(range["bytes=".Length..^1])).ToArray();
        for (var i = 1; i < starts.Length; i++)
            Assert.IsTrue(starts[i] >= starts[i - 1], string.Join(" ", server.Ranges));
        Assert.IsTrue(starts[^1] > 0, string.Join(" ", server.Ranges));
    }

    [TestMethod]
    public async Task AServerThatIgnoresRangesIsReadFromTheStart()
    {
        using var server = new WeightServer(_content, (number, context, content) =>
            number == 0 ? WeightServer.CutAsync(context, content, 400_000) : WeightServer.SendAsync(context, content, ranges: false));
        await AssertArrives(server);
    }

    [TestMethod]
    public async Task AWrongHashIsAnErrorThatSaysWhereToPutTheFile()
    {
        using var server = new WeightServer(_content, (_, context, content) => WeightServer.SendAsync(context, [.. content[1..], 0]));
        var exception = await Assert.ThrowsExactlyAsync<WeightDownloadException>(() => GetAsync(server));
        StringAssert.Contains(exception.Message, "SHA-256");
        StringAssert.Contains(exception.Message, server.Weights.Url.ToString());
        StringAssert.Contains(exception.Message, Cache().PathOf(server.Weights));
        CollectionAssert.AreEqual(
            new[] { server.Weights.FileName + ".lock" }, Directory.GetFiles(_folder.Path).Select(Path.GetFileName).ToArray());
        Assert.AreEqual(1, server.Ranges.Length, "a wrong file is not asked for again");
    }

    [TestMethod]
    public async Task WhatAnotherFileLeftBehindIsDiscarded()
    {
        using var server = new WeightServer(_content);
        await File.WriteAllBytesAsync(Cache().PathOf(server.Weights) + ".partial", new byte[1000]);
        await AssertArrives(server);
        CollectionAssert.AreEqual(new[] { "bytes=1000-", "" }, server.Ranges);
    }

    [TestMethod]
    public async Task ACompletePartIsNotDownloadedAgain()
    {
        using var server = new WeightServer(_content);
        await File.WriteAllBytesAsync(Cache().PathOf(server.Weights) + ".partial", _content);
        await AssertArrives(server);
        CollectionAssert.AreEqual(new[] { $"bytes={_content.Length}-" }, server.Ranges);
    }

    [TestMethod]
    public async Task ATooLongPartIsDiscarded()
    {
        using var server = new WeightServer(_content);
        await File.WriteAllBytesAsync(Cache().PathOf(server.Weights) + ".partial", [.. _content, 1]);
        await AssertArrives(server);
    }

    [TestMethod]
    public async Task ADamagedFileInTheCacheIsReplaced()
    {
        using var server = new WeightServer(_content);
        await File.WriteAllBytesAsync(Cache().PathOf(server.Weights), new byte[10]);
        await AssertArrives(server);
    }

    [TestMethod]
    public async Task OfflineUsesTheCacheAndAsksNoServer()
    {
        using var server = new WeightServer(_content);
        var options = new WeightDownloadOptions { Offline = true, CacheFolder = _folder.Path };
        var exception = await Assert.ThrowsExactlyAsync<WeightDownloadException>(() => GetAsync(server, options));
        StringAssert.Contains(exception.Message, "CONFORMER_OFFLINE");
        StringAssert.Contains(exception.Message, server.Weights.Url.ToString());
        Assert.AreEqual(0, server.Ranges.Length);

        await File.WriteAllBytesAsync(Cache().PathOf(server.Weights), _content);
        Assert.AreEqual(Cache().PathOf(server.Weights), await GetAsync(server, options));
        Assert.AreEqual(0, server.Ranges.Length);
    }

    [TestMethod]
    [DataRow(404, 1)]
    [DataRow(403, 1)]
    [DataRow(503, 3)]
    [DataRow(429, 3)]
    public async Task AnErrorOfTheServerIsRetriedOnlyWhereThatMayHelp(int status, int requests)
    {
        using var server = new WeightServer(_content, (_, context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Close();
            return Task.CompletedTask;
        });
        var exception = await Assert.ThrowsExactlyAsync<WeightDownloadException>(() => GetAsync(server));
        StringAssert.Contains(exception.Message, $"{status}");
        Assert.AreEqual(requests, server.Ranges.Length);
    }

    [TestMethod]
    public async Task AServerThatComesBackIsEnough()
    {
        using var server = new WeightServer(_content, (number, context, content) =>
        {
            if (number == 2)
                return WeightServer.SendAsync(context, content);
            context.Response.StatusCode = 502;
            context.Response.Close();
            return Task.CompletedTask;
        });
        await AssertArrives(server);
    }

    [TestMethod]
    public async Task AServerThatFallsSilentIsLeft()
    {
        using var server = new WeightServer(_content, (_, _, _) => Task.Delay(Timeout.Infinite));
        var exception = await Assert.ThrowsExactlyAsync<WeightDownloadException>(() =>
            GetAsync(server, Options() with { IdleTimeout = TimeSpan.FromSeconds(0.2) }));
        StringAssert.Contains(exception.Message, "sent nothing for 0.2 s");
    }

    [TestMethod]
    public async Task NoServerAtAllIsAnErrorThatNamesTheUrl()
    {
        var server = new WeightServer(_content);
        server.Dispose();
        var exception = await Assert.ThrowsExactlyAsync<WeightDownloadException>(() => GetAsync(server));
        StringAssert.Contains(exception.Message, server.Weights.Url.ToString());
    }

    [TestMethod]
    public async Task ACanceledDownloadGoesOnLater()
    {
        using var cancellation = new CancellationTokenSource();
        var partial = "";
        using var server = new WeightServer(_content, async (number, context, content) =>
        {
            if (number > 0)
            {
                await WeightServer.SendAsync(context, content);
                return;
            }
            context.Response.ContentLength64 = content.Length;
            await context.Response.OutputStream.WriteAsync(content.AsMemory(0, 300_000));
            await context.Response.OutputStream.FlushAsync();
            await Patience.UntilAsync(() => new FileInfo(partial) is { Exists: true, Length: 300_000 }, "the client has what was sent");
            await cancellation.CancelAsync();
        });
        partial = Cache().PathOf(server.Weights) + ".partial";
        await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => GetAsync(server, cancellation: cancellation.Token));
        Assert.IsFalse(File.Exists(Cache().PathOf(server.Weights)));
        await AssertArrives(server);
        CollectionAssert.AreEqual(new[] { "", "bytes=300000-" }, server.Ranges);
    }

    [TestMethod]
    public async Task ProgressGrowsToTheWholeLength()
    {
        var reports = new List<WeightDownloadProgress>();
        using var server = new WeightServer(_content, (number, context, content) =>
            number == 0 ? WeightServer.CutAsync(context, content, 500_000) : WeightServer.SendAsync(context, content));
        await GetAsync(server, Options() with { Progress = new Recorder(reports) });
        Assert.AreEqual(new WeightDownloadProgress(server.Weights.FileName, _content.Length, _content.Length), reports[^1]);
        for (var i = 1; i < reports.Count; i++)
            Assert.IsTrue(reports[i].BytesReceived >= reports[i - 1].BytesReceived);
    }

    [TestMethod]
    public async Task CallersAtTheSameTimeShareOneDownload()
    {
        using var server = new WeightServer(_content, async (_, context, content) =>
        {
            await Task.Delay(200);
            await WeightServer.SendAsync(context, content);
        });
        var paths = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => GetAsync(server)));
        Assert.AreEqual(1, paths.Distinct().Count());
        CollectionAssert.AreEqual(new[] { "" }, server.Ranges);
    }

    [TestMethod]
    public async Task TwoProcessesAtTheSameTimeShareOneDownload()
    {
        using var server = new WeightServer(_content, async (_, context, content) =>
        {
            await Task.Delay(2000);
            await WeightServer.SendAsync(context, content);
        });
        Task<(int ExitCode, string Output, string Error)> Download() =>
            OwnThread.Start(() => ChildProcess.Run(DownloadProcess.Of(server.Weights, _folder.Path)));
        foreach (var (exitCode, output, error) in OwnThread.Results([Download(), Download()]))
        {
            Assert.AreEqual(0, exitCode, error);
            Assert.AreEqual(Cache().PathOf(server.Weights), output.Trim());
        }
        CollectionAssert.AreEqual(_content, await File.ReadAllBytesAsync(Cache().PathOf(server.Weights)));
        CollectionAssert.AreEqual(new[] { "" }, server.Ranges);
    }

    [TestMethod]
    public async Task AKilledProcessLeavesNoLockAndItsPartIsTakenOver()
    {
        using var server = new WeightServer(_content, async (number, context, content) =>
        {
            if (number > 0)
            {
                await WeightServer.SendAsync(context, content);
                return;
            }
            context.Response.ContentLength64 = content.Length;
            await context.Response.OutputStream.WriteAsync(content.AsMemory(0, 600_000));
            await context.Response.OutputStream.FlushAsync();
            await Task.Delay(20_000);
        });
        var partial = Cache().PathOf(server.Weights) + ".partial";
        using (var process = Process.Start(DownloadProcess.Of(server.Weights, _folder.Path))!)
        {
            try
            {
                await Patience.UntilAsync(
                    () => new FileInfo(partial) is { Exists: true, Length: >= 600_000 }, "the process has what was sent");
            }
            finally
            {
                ChildProcess.Kill(process);
            }
        }
        await AssertArrives(server);
        CollectionAssert.AreEqual(new[] { "", "bytes=600000-" }, server.Ranges);
    }

    [TestMethod]
    public async Task ANewFolderIsTheUsersAloneAndOneThatAnybodyMayWriteToIsRefused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Folders have no modes here.");
            return;
        }
        using var server = new WeightServer(_content);
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var folder = _folder.File("cache");

        var path = await GetAsync(server, Options() with { CacheFolder = folder });
        Assert.AreEqual(own, File.GetUnixFileMode(folder));

        File.SetUnixFileMode(folder, own | UnixFileMode.OtherWrite | UnixFileMode.StickyBit);
        var error = await Assert.ThrowsExactlyAsync<InvalidOperationException>(
            () => GetAsync(server, Options() with { CacheFolder = folder }));
        StringAssert.Contains(error.Message, $"'{folder}' is not used: any user may write to it");
        Assert.IsTrue(File.Exists(path));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(".partial")]
    public async Task APipeInTheFolderIsNamedAndNotWaitedFor(string extension)
    {
        using var server = new WeightServer(_content);
        var path = await GetAsync(server);
        File.Delete(path);
        SpecialFile.Pipe(path + extension);
        var error = await Assert.ThrowsExactlyAsync<WeightDownloadException>(() => GetAsync(server));
        StringAssert.Contains(error.Message, $"'{path}{extension}' is a pipe");
    }

    [TestMethod]
    public void TheFolderIsTheUsersOwnOrTheOneThatIsNamedAndNeverASharedOne()
    {
        static string? None(string name) => null;
        Assert.AreEqual(Path.Combine("caches", "microsoft.ml.conformer"), WeightDownloadOptions.FolderOf(None, "caches"));
        Assert.AreEqual("named", WeightDownloadOptions.FolderOf(name => name == "CONFORMER_CACHE" ? "named" : "other", ""));
        Assert.AreEqual(
            Path.Combine("xdg", "microsoft.ml.conformer"),
            WeightDownloadOptions.FolderOf(name => name == "XDG_CACHE_HOME" ? "xdg" : null, ""));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => WeightDownloadOptions.FolderOf(None, ""));
        StringAssert.Contains(error.Message, "CONFORMER_CACHE");
    }

    private async Task AssertArrives(WeightServer server)
    {
        var path = await GetAsync(server);
        Assert.AreEqual(Path.Combine(_folder.Path, server.Weights.FileName), path);
        CollectionAssert.AreEqual(_content, await File.ReadAllBytesAsync(path));
        Assert.IsFalse(File.Exists(path + ".partial"));
    }

    private Task<string> GetAsync(
        WeightServer server, WeightDownloadOptions? options = null, CancellationToken cancellation = default) =>
        new WeightCache(options ?? Options()).GetAsync(server.Weights, cancellation).WaitAsync(Patience.Limit);

    private WeightDownloadOptions Options() =>
        new() { CacheFolder = _folder.Path, Offline = false, MaxAttempts = 3, RetryDelay = TimeSpan.FromMilliseconds(20) };

    private WeightCache Cache() => new(Options());

    private static byte[] Content(int length)
    {
        var content = new byte[length];
        new Random(8).NextBytes(content);
        return content;
    }

    private sealed class Recorder(List<WeightDownloadProgress> reports) : IProgress<WeightDownloadProgress>
    {
        public void Report(WeightDownloadProgress value) => reports.Add(value);
    }
}
