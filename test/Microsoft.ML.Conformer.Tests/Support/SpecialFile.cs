using System.Diagnostics;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>Files that are none, on systems that have them.</summary>
internal static class SpecialFile
{
    /// <summary>Makes a named pipe that nobody writes to. Where there are none, the test is inconclusive.</summary>
    public static string Pipe(string path)
    {
        if (OperatingSystem.IsWindows())
            Assert.Inconclusive("Windows has no named pipes among its files.");
        Assert.AreEqual(0, ChildProcess.Run(new ProcessStartInfo("mkfifo", [path])).ExitCode);
        return path;
    }

    /// <summary>A folder in which nothing can be made, by root neither. Where there is none, the test is inconclusive.</summary>
    public static string ReadOnlyFolder()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("Only Linux has a folder that nobody may write to.");
        return "/proc";
    }
}
