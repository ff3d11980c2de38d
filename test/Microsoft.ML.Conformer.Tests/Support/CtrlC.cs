using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>Ctrl+C, as a program gets it.</summary>
internal static class CtrlC
{
    /// <summary>Tests end here where no program could be interrupted.</summary>
    public static void RequireOrInconclusive()
    {
        if (OperatingSystem.IsWindows())
            Assert.Inconclusive("Windows has no signals to send to another process.");
        if (AreIgnored())
            Assert.Inconclusive("Tests that a shell runs in the background ignore Ctrl+C, and so does every process that they start.");
    }

    /// <summary>Interrupts a program, and waits for its end.</summary>
    public static void Send(Process process)
    {
        Assert.AreEqual(0, ChildProcess.Run(new ProcessStartInfo("kill", ["-INT", $"{process.Id}"])).ExitCode);
        Assert.IsTrue(process.WaitForExit(Patience.Limit), "It goes on after Ctrl+C.");
    }

    /// <summary>Linux tells which signals a process ignores, a bit for each from 1 on; elsewhere it is taken for none.</summary>
    private static bool AreIgnored()
    {
        const string status = "/proc/self/status", key = "SigIgn:";
        const int interrupt = 2;
        return File.Exists(status) && File.ReadLines(status).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is { } line
            && (ulong.Parse(line[key.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (interrupt - 1) & 1) == 1;
    }
}
