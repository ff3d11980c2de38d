using System.Diagnostics;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Cli.Ranks;

/// <summary>`conformer train` as two ranks that mpirun starts.</summary>
[TestClass]
public sealed class TrainRanksTests
{
    /// <summary>A run that is stopped, goes on, is killed, and goes on to its end.</summary>
    [TestMethod]
    public async Task StoppedAndKilledRanksGoOnToOneRunWithOneReport()
    {
        using var program = new ConformerProgram();
        string[] resume = ["train", "--resume", "runs/drawn-1"];

        var (stopped, lines) = await EndInTrainingAsync(
            program, mpirun => Assert.AreEqual(0, ChildProcess.Run(new ProcessStartInfo("kill", ["-USR1", $"{mpirun.Id}"])).ExitCode),
            "train", "--epochs", "3", "--seed", "5", "--checkpoint-minutes", "0.01");
        Assert.AreEqual(130, stopped, lines);
        StringAssert.Contains(lines, $"`mpirun -n 2 --bind-to none conformer train --resume {program.File("runs/drawn-1")}` goes on");
        Assert.AreEqual("interrupted", Record(program).GetProperty("state").GetString());

        var (killed, _) = await EndInTrainingAsync(program, ChildProcess.Kill, resume);
        Assert.AreNotEqual(0, killed);
        var (code, output, errors) = ChildProcess.Run(program.StartRanks(resume, resume));

        Assert.AreEqual(0, code, output + errors);
        Assert.IsFalse(output.Contains('\u001b', StringComparison.Ordinal), "nobody can see where a cursor goes");
        Assert.AreEqual(1, Count(output, "run: "));
        Assert.AreEqual(1, Count(output, "    epoch     loss"));
        Assert.AreEqual(1, Count(output, "report: "));
        CollectionAssert.AreEqual((string[])["drawn-1"], Names(Directory.EnumerateDirectories(program.File("runs"))));
        CollectionAssert.AreEqual(
            (string[])["model.onnx", "model.safetensors", "model.zip"],
            Array.FindAll(program.Left("runs/drawn-1"), name => name.StartsWith("model.", StringComparison.Ordinal)), "no half of a file");
        Assert.AreEqual("finished", Record(program).GetProperty("state").GetString());
        Assert.AreEqual(2, Record(program).GetProperty("ranks").GetInt32());
        var card = File.ReadAllText(program.File("runs/drawn-1/model-card.md"));
        StringAssert.Contains(card, "| ranks | 2 trained together; a step had 32 images x 2 ranks |");
        StringAssert.Contains(card, "`mpirun -n 2 --bind-to none conformer train --config config.yaml`");
        StringAssert.Contains(
            File.ReadAllText(program.File("runs/drawn-1/config.yaml")), "\ndistributed: auto\ndistributed-timeout-minutes: 10\n");
        CollectionAssert.AreEqual(
            (string[])["epoch", "1", "2", "3"],
            File.ReadLines(program.File("runs/drawn-1/history.csv")).Select(line => line.Split(',')[0]).ToArray());
    }

    [TestMethod]
    public void WhatIsWrongOnRankZeroAloneEndsAllAtOnce()
    {
        using var program = new ConformerProgram();
        program.Write("run/run.lock", "");
        using var other = new FileStream(program.File("run/run.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        string[] train = ["train", "photos", "--image-size", "32", "--output", "run"];

        AssertFails(program, 2, $"error: '{program.File("run")}' is the folder of a run that is under way.", train, train);
    }

    [TestMethod]
    public void WhatIsWrongOnRankOneAloneIsToldWithItsNumber()
    {
        using var program = new ConformerProgram();

        AssertFails(program, 2, "error (rank 1): DATA: there is no file or folder 'absent'.",
            ["train", "photos", "--image-size", "32"], ["train", "absent", "--image-size", "32"]);
    }

    [TestMethod]
    public void WhatIsWrongOnAllIsToldOnce()
    {
        using var program = new ConformerProgram();

        AssertFails(
            program, 1,
            "error: The ranks cannot train together, for they are to do different things: --seed is 0 on rank 0, 3 on rank 1.",
            ["train", "photos", "--image-size", "32"], ["train", "photos", "--image-size", "32", "--seed", "3"]);

        CollectionAssert.AreEqual((string[])["photos-1"], Names(Directory.EnumerateDirectories(program.File("runs"))));
    }

    private static void AssertFails(ConformerProgram program, int code, string error, params string[][] ranks)
    {
        var run = Mpirun.Run(program.StartRanks(ranks));

        var lines = string.Join('\n', run.Lines);
        Assert.AreEqual(code, run.ExitCode, lines);
        StringAssert.StartsWith(run.Lines.Single(line => line.StartsWith("error", StringComparison.Ordinal)), error);
        Assert.IsLessThan(TimeSpan.FromSeconds(50), run.Time, lines); // beside another test class
    }

    private static JsonElement Record(ConformerProgram program)
    {
        using var record = JsonDocument.Parse(File.ReadAllText(program.File("runs/drawn-1/run.json")));
        return record.RootElement.Clone();
    }

    private static int Count(string output, string beginning) =>
        output.Split('\n').Count(line => line.StartsWith(beginning, StringComparison.Ordinal));

    private static string[] Names(IEnumerable<string> paths) => [.. paths.Select(path => Path.GetFileName(path)!)];

    /// <summary>Starts two ranks, and ends them after the first checkpoint that they write.</summary>
    private static async Task<(int Code, string Lines)> EndInTrainingAsync(
        ConformerProgram program, Action<Process> end, params string[] arguments)
    {
        var start = program.StartRanks(arguments, arguments);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        var started = DateTime.UtcNow;
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            var checkpoints = program.File("runs/drawn-1/checkpoints");
            await Patience.UntilAsync(() => process.HasExited || Directory.Exists(checkpoints) && Directory
                .EnumerateFiles(checkpoints, "step-*.json").Any(file => File.GetLastWriteTimeUtc(file) > started), "a checkpoint is there");
            end(process);
            await process.WaitForExitAsync().WaitAsync(Patience.Limit);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            ChildProcess.Kill(process);
        }
    }
}
