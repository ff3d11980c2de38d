using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>`conformer train` and what becomes of a run, as it is called.</summary>
[TestClass]
public sealed class TrainCommandTests
{
    private static readonly string[] _results =
    [
        "config.yaml", "evaluation.json", "history.csv", "model-card.md", "model.onnx", "model.safetensors", "model.zip", "recipe.json",
        "report.html", "run.json", "train.log",
    ];

    /// <summary>A run, its interruption, what goes on from it, and what is done with its model: as one would work.</summary>
    [TestMethod]
    public async Task AnInterruptedRunKeepsItsBestModelAndGoesOnToAReport()
    {
        CtrlC.RequireOrInconclusive();
        using var program = new ConformerProgram();

        var (code, errors) = await InterruptAfterFirstEpochAsync(program, "train", "--epochs", "3", "--threads", "1", "--seed", "5");

        Assert.AreEqual(130, code, errors);
        StringAssert.Contains(errors, $"`conformer train --resume {program.File("runs/drawn-1")}` goes on");
        CollectionAssert.IsSubsetOf((string[])["config.yaml", "model.onnx", "model.zip", "run.json"], program.Left("runs/drawn-1"));
        Assert.AreEqual("interrupted", State(program, "runs/drawn-1"));
        StringAssert.Contains(string.Join('\n', program.Run("runs").Output), "interrupted");
        var photo = Directory.GetFiles(program.File("runs/drawn-1/data/val"), "*.png", SearchOption.AllDirectories)[0];
        Assert.AreEqual(0, program.Run("predict", "runs/drawn-1/model.zip", photo).ExitCode, "the best model so far");

        var resumed = program.Run("train", "--resume", "runs/drawn-1");

        Assert.AreEqual(0, resumed.ExitCode, string.Join('\n', resumed.Errors));
        TerminalText.AssertFits(resumed.Output.Where(line => !line.Contains(program.File(""), StringComparison.Ordinal)));
        CollectionAssert.AreEqual(_results, program.Left("runs/drawn-1"));
        Assert.IsFalse(Directory.Exists(program.File("runs/drawn-1/checkpoints")), "a run that has ended needs none");
        CollectionAssert.AreEqual(
            (string[])["1", "2", "3"], File.ReadLines(program.File("runs/drawn-1/history.csv")).Skip(1).Select(line => line.Split(',')[0]).ToArray());
        Assert.AreEqual("finished", State(program, "runs/drawn-1"));
        var again = program.Run("train", "--resume", "runs/drawn-1");
        Assert.AreEqual(2, again.ExitCode);
        Assert.AreEqual("error: --resume: the run is finished. Train another one.", again.Errors.Single());

        AssertTellsTheSame(program, "runs/drawn-1");
        await AssertUsableAsync(program, "runs/drawn-1", photo);
    }

    [TestMethod]
    public void ItsConfigurationRepeatsARunAndWhatIsGivenBesideComesBefore()
    {
        using var program = new ConformerProgram();
        var configuration = program.Write("quick.json", """{"epochs": 1, "threads": 1, "seed": 7, "learning-rate": 2e-3}""");
        var (first, _, errors) = program.Run("train", "--config", configuration, "--output", "first", "--batch-size", "60");
        Assert.AreEqual(0, first, string.Join('\n', errors));

        var (second, _, _) = program.Run("train", "--config", program.File("first/config.yaml"), "--output", "second");
        var (third, _, _) = program.Run("train", "--config", program.File("first/config.yaml"), "--output", "third", "--seed", "8");

        Assert.AreEqual(0, second | third);
        Assert.AreEqual(Read("first", "config.yaml"), Read("second", "config.yaml"));
        StringAssert.Contains(Read("first", "config.yaml"), "\nbatch-size: 60\n");
        StringAssert.Contains(Read("first", "config.yaml"), "\nlearning-rate: 0.002\n");
        CollectionAssert.AreEqual(
            File.ReadAllBytes(program.File("first/model.safetensors")), File.ReadAllBytes(program.File("second/model.safetensors")));
        var compared = program.Run("runs", "first", "third").Output;
        CollectionAssert.Contains(compared.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToArray(),
            compared.Any(line => line.StartsWith("differ in  first", StringComparison.Ordinal)) ? "seed 7 8" : "seed 8 7");
        var other = program.Run("train", "--output", "first");
        Assert.AreEqual(2, other.ExitCode);
        StringAssert.StartsWith(other.Errors.Single(), "error: --output: 'first' holds a run already.");

        string Read(string run, string name) => File.ReadAllText(program.File($"{run}/{name}"));
    }

    [TestMethod]
    public void WhatCannotBeSavedIsKeptElsewhereAndTheOtherFilesAreSaved()
    {
        using var program = new ConformerProgram();
        Directory.CreateDirectory(program.File("run/model.zip")); // no file can replace it

        var (code, _, errors) = program.Run(
            "train", "--output", "run", "--epochs", "1", "--threads", "1", "--patience", "5", "--best-by", "loss");

        Assert.AreEqual(1, code, string.Join('\n', errors));
        StringAssert.StartsWith(errors[^1], $"error: model.zip cannot be saved to '{program.File("run")}': ");
        var kept = errors[^1].Split("It is kept as '")[1].Split('\'')[0];
        using (var model = new MLContext().Model.LoadImageClassifier(kept))
            Assert.IsTrue(model.ClassNames.Count > 1);
        Directory.Delete(Path.GetDirectoryName(kept)!, recursive: true);
        foreach (var name in (string[])["model.onnx", "model.safetensors", "recipe.json"])
            Assert.IsTrue(new FileInfo(program.File($"run/{name}")).Length > 0, name);
        Assert.AreEqual("failed", State(program, "run"));
    }

    [TestMethod]
    public void TwoRunsCannotHaveOneFolder()
    {
        using var program = new ConformerProgram();
        program.Write("run/run.lock", "");
        using var other = new FileStream(program.File("run/run.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var (code, _, errors) = program.Run("train", "photos", "--output", "run");

        Assert.AreEqual(2, code);
        Assert.AreEqual($"error: '{program.File("run")}' is the folder of a run that is under way.", errors.Single());
    }

    [TestMethod]
    public void ADamagedRunSpoilsNoOther()
    {
        using var program = new ConformerProgram();
        const string Record = """
            {"state": "finished", "started": "2026-01-01T00:00:00Z", "classes": 2, "trainingImages": 9, "validationImages": 3,
             "testImages": 0, "network": "Conformer Tiny", "imageSize": 96, "recipe": "FineTune", "epochs": 3, "accuracy": 0.5}
            """;
        foreach (var (name, configuration) in ((string, string)[])[
            ("whole", "seed: 1"), ("damaged", "seed: [[["), ("\u001b[31mred", "seed: 2")])
        {
            program.Write($"runs/{name}/run.json", Record);
            program.Write($"runs/{name}/config.yaml", configuration);
        }
        program.Write("runs/none/run.json", "{");

        var (code, output, errors) = program.Run("runs");
        var compared = program.Run("runs", "runs/whole", "runs/damaged", "runs/\u001b[31mred");

        Assert.AreEqual(0, code | compared.ExitCode);
        CollectionAssert.AreEqual(
            (string[])[@"\u001B[31mred", "damaged", "run", "whole"],
            output.Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal).ToArray());
        StringAssert.StartsWith(errors.Single(), "skipped: ");
        Assert.AreEqual("seed", compared.Output[^1].Split(' ')[0]);
        StringAssert.StartsWith(compared.Errors.Single(), "skipped: ");
    }

    /// <summary>A log on a full disk; and an earlier try was killed while it saved.</summary>
    [TestMethod]
    public void AFullDiskBelowTheOutputsEndsNoRun()
    {
        if (!File.Exists("/dev/full"))
            Assert.Inconclusive("There is no /dev/full here.");
        using var program = new ConformerProgram();
        program.Write("run/model.zip.abcdefgh.ijk.partial", "half");
        var train = program.Start("train", "--output", "run", "--epochs", "1", "--threads", "1");
        train.Environment["TRAIN"] = $"'{train.FileName}' {string.Join(' ', train.ArgumentList.Select(one => $"'{one}'"))}";
        (train.FileName, train.Arguments) = ("/bin/sh", "");
        train.ArgumentList.Clear();
        train.ArgumentList.Add("-c");
        train.ArgumentList.Add("eval \"$TRAIN\" > /dev/full 2> /dev/full");

        var (code, _, _) = ChildProcess.Run(train);

        Assert.AreEqual(0, code);
        CollectionAssert.AreEqual(_results, program.Left("run"));
    }

    /// <summary>Photos of classes whose names are Chinese, emoji and worse; one of them is damaged.</summary>
    [TestMethod]
    public void NamesOfAnyLettersAndBadPhotosAreNoTrouble()
    {
        using var program = new ConformerProgram();
        program.Write($"photos/train/{ConformerProgram.Classes[0]}/bad.jpg", "no photo");
        program.WritePhoto("photos/train/not validated/1.png", 9);
        string[] train =
        [
            "train", "photos/", "--image-size", "32", "--batch-size", "2", "--epochs", "1", "--threads", "1", "--variant", "tiny",
        ];

        var strict = program.Run(train);
        var (code, output, errors) = program.Run([.. train, "--output", "run", "--skip-bad-images"]);

        Assert.AreEqual(1, strict.ExitCode);
        Assert.AreEqual("failed", State(program, "runs/photos-1"));
        StringAssert.EndsWith(strict.Errors[^1], "Repair or remove it, or go on without such images by --skip-bad-images.");
        Assert.AreEqual(0, code, string.Join('\n', errors));
        CollectionAssert.AreEqual(_results, program.Left("run"));
        TerminalText.AssertFits(output.Where(line => !line.Contains(program.File(""), StringComparison.Ordinal)));
        var card = File.ReadAllText(program.File("run/model-card.md"));
        StringAssert.Contains(card, @"| a\\u202Ebc | 1 | 4 |");
        StringAssert.Contains(card, "5 images to train on, 12 to validate; 1 could not be used.");
        using var record = JsonDocument.Parse(File.ReadAllText(program.File("run/run.json")));
        var macroF1 = record.RootElement.GetProperty("macroF1").GetDouble();
        StringAssert.Contains(card, FormattableString.Invariant($"| macro F1 | {macroF1:0.000} |"));
        Assert.IsFalse(File.ReadAllText(program.File("run/report.html")).Contains('\u202E'), "nothing turns the page's text around");
    }

    /// <summary>The example in docs/ is what the command writes: it has all that a new one has, in the same words.</summary>
    private static void AssertExampleIsOfToday(string card)
    {
        var example = File.ReadAllText(Path.Combine(Docs.SnippetTests.Root(), "docs", "example", "model-card.md"));

        CollectionAssert.AreEqual(Headings(card), Headings(example));

        static string[] Headings(string text) =>
            [.. text.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal) || line.StartsWith("| figure", StringComparison.Ordinal))];
    }

    private static void AssertTellsTheSame(ConformerProgram program, string run)
    {
        using var evaluation = JsonDocument.Parse(File.ReadAllText(program.File($"{run}/evaluation.json")));
        var accuracy = evaluation.RootElement.GetProperty("branches")[0].GetProperty("metrics").GetProperty("accuracy").GetDouble();
        var percent = accuracy.ToString("0.##%", CultureInfo.InvariantCulture).Replace("%", " %", StringComparison.Ordinal);
        StringAssert.Contains(File.ReadAllText(program.File($"{run}/model-card.md")), $"{percent} of 150 images that it was not trained on");
        StringAssert.Contains(File.ReadAllText(program.File($"{run}/report.html")), $"<b>{percent}</b>accuracy, ");
        AssertExampleIsOfToday(File.ReadAllText(program.File($"{run}/model-card.md")));
        using var record = JsonDocument.Parse(File.ReadAllText(program.File($"{run}/run.json")));
        Assert.AreEqual(accuracy, record.RootElement.GetProperty("accuracy").GetDouble());
        using var listed = JsonDocument.Parse(string.Join('\n', program.Run("runs", "--json").Output));
        Assert.AreEqual(
            accuracy, listed.RootElement.GetProperty("runs")[0].GetProperty("record").GetProperty("accuracy").GetDouble());
    }

    private static async Task AssertUsableAsync(ConformerProgram program, string run, string photo)
    {
        foreach (var arguments in (string[][])[
            ["eval", $"{run}/model.onnx", $"{run}/data", "--output", "evaluated"],
            ["explain", $"{run}/model.zip", photo, "--output", "explained"]])
        {
            var (code, output, errors) = program.Run(arguments);
            Assert.AreEqual(0, code, string.Join('\n', errors));
            TerminalText.AssertFits(output.Where(line => !line.Contains(program.File(""), StringComparison.Ordinal)));
        }
        var exported = program.Run("export", $"{run}/model.zip", "--output", "exported.onnx");
        Assert.AreEqual(0, exported.ExitCode, string.Join('\n', exported.Errors));
        // One photo, every door: one score.
        var expected = Probability(string.Join('\n', program.Run("predict", $"{run}/model.zip", photo, "--json").Output));
        foreach (var model in (string[])[$"{run}/model.onnx", "exported.onnx"])
            Assert.AreEqual(
                expected, Probability(string.Join('\n', program.Run("predict", model, photo, "--json").Output)), 1e-5, model);
        Assert.AreEqual(expected, Probability(await ServedAsync(program, $"{run}/model.zip", photo)), 1e-5, "the server");

        static double Probability(string answer)
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.GetProperty("images")[0].GetProperty("predictions")[0].GetProperty("probability").GetDouble();
        }
    }

    /// <summary>What `conformer serve` answers to a photo.</summary>
    private static async Task<string> ServedAsync(ConformerProgram program, string model, string photo)
    {
        var start = program.Start("serve", model, "--urls", "http://127.0.0.1:0");
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        try
        {
            const string listening = "Now listening on: ";
            var errors = process.StandardError.ReadToEndAsync();
            string? address = null;
            while (address is null && await process.StandardOutput.ReadLineAsync().WaitAsync(Patience.Limit) is { } line)
                if (line.IndexOf(listening, StringComparison.Ordinal) is >= 0 and var at)
                    address = line[(at + listening.Length)..].Trim();
            Assert.IsNotNull(address, "it does not listen");
            _ = process.StandardOutput.ReadToEndAsync();
            using var client = new HttpClient { Timeout = Patience.Limit };
            using var content = new ByteArrayContent(await File.ReadAllBytesAsync(photo));
            using var answer = await client.PostAsync(new Uri($"{address}/predict"), content);
            var text = await answer.Content.ReadAsStringAsync();
            CtrlC.Send(process);
            Assert.AreEqual(0, process.ExitCode, await errors);
            return text;
        }
        finally
        {
            ChildProcess.Kill(process);
        }
    }

    private static string? State(ConformerProgram program, string run)
    {
        using var record = JsonDocument.Parse(File.ReadAllText(program.File($"{run}/run.json")));
        return record.RootElement.GetProperty("state").GetString();
    }

    private static async Task<(int Code, string Errors)> InterruptAfterFirstEpochAsync(ConformerProgram program, params string[] arguments)
    {
        var start = program.Start(arguments);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            var history = program.File("runs/drawn-1/history.csv");
            await Patience.UntilAsync(
                () => process.HasExited || File.Exists(history) && ReadShared(history).Count('\n'.Equals) > 1, "an epoch has ended");
            CtrlC.Send(process);
            await output;
            return (process.ExitCode, await errors);
        }
        finally
        {
            ChildProcess.Kill(process);
        }
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
