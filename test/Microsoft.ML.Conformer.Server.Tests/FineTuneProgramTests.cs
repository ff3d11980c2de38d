using Microsoft.ML;
using Samples.Shared;

namespace Conformer.Server.Tests;

/// <summary>The fine-tuning sample tests what it will write to before it begins, and loses no model in the end.</summary>
[TestClass]
[DoNotParallelize] // the console is everybody's
public sealed class FineTuneProgramTests
{
    [TestMethod]
    [DataRow("--output")]
    [DataRow("--checkpoints")]
    [DataRow("--records")]
    public async Task AFolderThatCannotBeMadeIsAWrongArgumentAndNothingIsRead(string option)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        Directory.CreateDirectory(folder.File("photos")); // whoever read it would find no classes

        string[] output = option == "--output" ? [] : ["--output", folder.File("results")];
        var (code, errors) = await RunAsync([.. output, "--data", folder.File("photos"), option, folder.File("file", "below")]);

        Assert.AreEqual(2, code, errors);
        StringAssert.Contains(errors, option);
        StringAssert.Contains(errors, folder.File("file", "below"));
        Assert.AreEqual(1, errors.Count('\n'.Equals), errors);
    }

    [TestMethod]
    public async Task APageThatCannotBeWrittenIsAWrongArgument()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("photos"));

        var (code, errors) = await RunAsync("--data", folder.File("photos"), "--show-augmented", folder.File("absent", "page.png"));

        Assert.AreEqual(2, code, errors);
        StringAssert.Contains(errors, $"'{folder.File("absent")}'");
    }

    [TestMethod]
    public async Task AConTNetsTrainerIsAskedForItsImageSizes()
    {
        using var folder = new TemporaryFolder();

        var (code, errors) = await RunAsync("--output", folder.Path, "--contnet", "Small", "--image-size", "100");

        Assert.AreNotEqual(0, code);
        StringAssert.Contains(errors, "ImageSize: The image is 100 x 100 pixels");
    }

    [TestMethod]
    public async Task ACheckSavesItsReportAndItsExitCodeTellsWhetherThereAreErrors()
    {
        using var folder = new TemporaryFolder();
        string[] check = ["--check", "--data", folder.File("photos"), "--output", folder.File("results")];
        Directory.CreateDirectory(folder.File("photos", "a"));
        foreach (var name in (string[])["1.png", "2.png"]) // the same: a warning
            ColoredImages.Write(folder.File("photos", "a", name), "red", seed: 1);

        var (code, errors) = await RunAsync(check);

        Assert.AreEqual(0, code, errors);
        CollectionAssert.AreEquivalent(
            (string[])["check.html", "check.json"], Directory.GetFiles(folder.File("results")).Select(Path.GetFileName).ToArray());
        StringAssert.Contains(File.ReadAllText(folder.File("results", "check.json")), "\"duplicates\"");
        File.WriteAllText(folder.File("photos", "a", "broken.jpg"), "");
        Assert.AreEqual(1, (await RunAsync(check)).Code);
        StringAssert.Contains(File.ReadAllText(folder.File("results", "check.json")), "\"unreadable\"");
    }

    [TestMethod]
    public async Task WhatCannotBeSavedIsKeptElsewhereAndTheOtherFilesAreSaved()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("model.zip")); // no file can replace it

        var (code, errors) = await RunAsync("--output", folder.Path, "--epochs", "1", "--threads", "1");

        Assert.AreEqual(1, code, errors);
        StringAssert.Contains(errors, $"error: model.zip cannot be saved to '{folder.Path}': ");
        var kept = errors.Split("It is kept as '")[1].Split('\'')[0];
        using (var model = new MLContext().Model.LoadImageClassifier(kept))
            Assert.IsTrue(model.ClassNames.Count > 1);
        Directory.Delete(Path.GetDirectoryName(kept)!, recursive: true);
        foreach (var name in (string[])["model.onnx", "model.safetensors", "recipe.json"])
            Assert.IsTrue(new FileInfo(folder.File(name)).Length > 0, name);
    }

    [TestMethod]
    public void EachFileIsTriedAndTheMessageSaysWhereAndWhy()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        var files = new ResultFiles(folder.File("file"));
        files.Save("a.txt", stream => stream.Write("a"u8));
        files.Save("b.txt", _ => throw new InvalidOperationException("no such text."));

        var error = Assert.ThrowsExactly<IOException>(files.ThrowIfAnyFailed);

        var kept = error.Message.Split("It is kept as '")[1].Split('\'')[0];
        Assert.AreEqual("a", File.ReadAllText(kept));
        StringAssert.StartsWith(Path.GetFileName(Path.GetDirectoryName(kept)), "conformer-not-saved-");
        Directory.Delete(Path.GetDirectoryName(kept)!, recursive: true);
        StringAssert.Contains(error.Message, $"b.txt cannot be saved to '{folder.File("file")}': ");
        StringAssert.Contains(error.Message, "cannot be kept in");
        StringAssert.Contains(error.Message, "no such text.");
    }

    private static async Task<(int Code, string Errors)> RunAsync(params string[] arguments)
    {
        var (output, before, errors) = (Console.Out, Console.Error, new StringWriter());
        Console.SetOut(TextWriter.Null);
        Console.SetError(errors);
        try
        {
            var entry = typeof(FineTune.Report).Assembly.EntryPoint!;
            var code = await Task.Run(() => (int)entry.Invoke(null, [arguments])!);
            return (code, errors.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(before);
        }
    }
}
