using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Conformer.Tests.Training.Checkpoints;

/// <summary>A training process of its own (test/Training.App).</summary>
[TestClass]
public sealed class KilledTrainingTests
{
    /// <summary>Set it to kill more often: CONFORMER_TEST_KILLS=10.</summary>
    private const string KillsVariable = "CONFORMER_TEST_KILLS";

    private const int Kills = 3;

    /// <summary>It takes 0.73 GB; where training and the export hold memory at the same time, it takes 1.1 GB.</summary>
    private const long MostMemory = 900_000_000;

    private static readonly string _app = BuiltApp.Find("TrainingApp");

    /// <summary>It writes a checkpoint after each step, so that many a kill falls into the writing of one.</summary>
    [TestMethod]
    public void KilledAtRandomMomentsAndResumedItEndsWithTheSameBytesAsUninterrupted()
    {
        using var folder = new TemporaryFolder();
        var (whole, resumed, checkpoints) = (folder.File("whole.onnx"), folder.File("resumed.onnx"), folder.File("checkpoints"));
        var clock = Stopwatch.StartNew();
        Run("small", whole, folder.File("others"));
        var time = clock.Elapsed;
        var random = new Random();
        var kills = int.Parse(Environment.GetEnvironmentVariable(KillsVariable) ?? $"{Kills}", CultureInfo.InvariantCulture);
        var (done, halfWritten) = (0, 0);

        while (done < kills)
        {
            using var process = Process.Start(Quiet("small", resumed, checkpoints))!;
            if (process.WaitForExit(time * random.NextDouble()))
            {
                AssertSame(); // it was done before; the next one begins anew
                Directory.Delete(checkpoints, recursive: true);
                continue;
            }
            process.Kill();
            Assert.IsTrue(process.WaitForExit(Patience.Limit), "It goes on after it was killed.");
            done++;
            halfWritten += Directory.Exists(checkpoints) && Directory.EnumerateFiles(checkpoints, "*.partial").Any() ? 1 : 0;
        }
        Run("small", resumed, checkpoints);

        Console.WriteLine($"{done} kills, {halfWritten} while a checkpoint was being written.");
        AssertSame();
        Assert.IsFalse(Directory.EnumerateFiles(checkpoints, "*.partial").Any(), "Half-written files are left.");

        void AssertSame() => CollectionAssert.AreEqual(File.ReadAllBytes(whole), File.ReadAllBytes(resumed));
    }

    [TestMethod]
    public void ConformerTinyOfSmallImagesTakesLessThan900Megabytes()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("Resident memory is measured on Linux.");
        using var folder = new TemporaryFolder();

        var (_, output, _) = Run("tiny", folder.File("tiny.onnx"));

        var peak = long.Parse(output, CultureInfo.InvariantCulture);
        Assert.IsTrue(peak < MostMemory, $"its peak is {peak / 1e6:0} MB");
    }

    /// <summary>On some processors libtorch would write a line for each convolution.</summary>
    [TestMethod]
    public void ARunWithOneThreadHasNothingFromLibtorchOnItsErrorStream()
    {
        using var folder = new TemporaryFolder();
        var start = Start("small", folder.File("small.onnx"), folder.File("checkpoints"));
        start.Environment["OMP_NUM_THREADS"] = "1";

        var (exitCode, _, error) = ChildProcess.Run(start);

        Assert.AreEqual(0, exitCode, error);
        Assert.DoesNotContain("[W", error);
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        var result = ChildProcess.Run(Start(arguments));
        Assert.AreEqual(0, result.ExitCode, result.Error);
        return result;
    }

    private static ProcessStartInfo Start(params string[] arguments) => ChildProcess.DotNet(["exec", _app, .. arguments]);

    private static ProcessStartInfo Quiet(params string[] arguments)
    {
        var start = Start(arguments);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true); // little enough for the pipes
        return start;
    }
}
