using System.Diagnostics;
using Microsoft.ML.Conformer.Tests.Docs;

namespace Microsoft.ML.Conformer.Tests.Packaging;

/// <summary>The script by which programs take the libtorch of a PyTorch (build/gpu-runner/run.sh), with a stand-in for .NET.</summary>
[TestClass]
public sealed class GpuRunnerTests
{
    private static readonly string[] _folders = ["torch/lib", "nvidia/cu13/lib", "nvidia/cudnn/lib", "tensorrt_libs"];

    private static readonly TemporaryFolder _folder = new();

    [ClassInitialize]
    public static void Create(TestContext _)
    {
        if (OperatingSystem.IsWindows())
            Assert.Inconclusive("It is a script for Linux.");
        Directory.CreateDirectory(_folder.File("dotnet"));
        foreach (var folder in _folders)
            Directory.CreateDirectory(_folder.File($"site/{folder}"));
        File.Copy(Path.Combine(SnippetTests.Root(), "build", "gpu-runner", "run.sh"), _folder.File("run.sh"));
        File.WriteAllText(_folder.File("libtorch-version"), "2.10.0\n");
        File.WriteAllText(_folder.File("site/torch/lib/libtorch.so"), "");
        File.WriteAllText(_folder.File("site/torch/version.py"), "__all__ = ['__version__']\n__version__ = '2.11.1+cu130'\n");
        File.WriteAllText(_folder.File("dotnet/dotnet"), "#!/bin/sh\necho \"$LD_LIBRARY_PATH\"\nprintf '%s\\n' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.File("dotnet/dotnet"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    [ClassCleanup]
    public static void Dispose() => _folder.Dispose();

    [TestMethod]
    public void AProgramFindsLibtorchAndWhatLiesBesideIt()
    {
        var (code, output, error) = Run("--libtorch", _folder.File("site/torch/lib"), "step", "--batch", "64");

        Assert.AreEqual(0, code, error);
        CollectionAssert.AreEqual(
            (string[])
            [
                string.Join(':', _folders.Select(folder => _folder.File($"site/{folder}")).Append("/own")),
                _folder.File("app/Microsoft.ML.Conformer.Benchmarks.dll"), "step", "--batch", "64",
            ],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        StringAssert.Contains(error, "built for libtorch 2.10.0, ");
        StringAssert.Contains(error, "is 2.11.1+cu130");
    }

    [TestMethod]
    public void TestsLeaveOutThoseThatNeedTheSources()
    {
        var (code, output, error) = Run("--libtorch", _folder.File("site/torch/lib"), "test", "--filter", "FullyQualifiedName~Torch");

        Assert.AreEqual(0, code, error);
        StringAssert.Contains(output, "Microsoft.ML.Conformer.Tests.dll\n--filter\n(FullyQualifiedName~Torch)&FullyQualifiedName!~.Cli.&");
    }

    [TestMethod]
    [DataRow("--libtorch dotnet step", "there is no libtorch.so in 'dotnet'")]
    [DataRow("step", "name its folder torch/lib with --libtorch")]
    [DataRow("", "./run.sh --libtorch FOLDER step ...")]
    public void WhatIsMissingIsSaid(string arguments, string message)
    {
        var (code, output, error) = Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.AreEqual(2, code, error);
        Assert.AreEqual("", output);
        StringAssert.Contains(error, message);
    }

    [TestMethod]
    public void AFolderWithOtherContentsIsLeftAlone()
    {
        using var other = new TemporaryFolder();
        Directory.CreateDirectory(other.File("app"));
        string[] arguments = [Path.Combine(SnippetTests.Root(), "build", "gpu-runner.sh"), "--output", other.Path];

        var (code, _, error) = ChildProcess.Run(new ProcessStartInfo("bash", arguments));

        Assert.AreEqual(2, code, error);
        StringAssert.Contains(error, "holds something else");
        CollectionAssert.AreEqual((string[])[other.File("app")], Directory.GetFileSystemEntries(other.Path));
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [_folder.File("run.sh"), .. arguments]) { WorkingDirectory = _folder.Path };
        (start.Environment["LD_LIBRARY_PATH"], start.Environment["PYTHON"]) = ("/own", "false"); // a Python without PyTorch
        return ChildProcess.Run(start);
    }
}
