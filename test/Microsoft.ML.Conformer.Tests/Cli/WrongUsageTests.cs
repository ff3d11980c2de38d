namespace Microsoft.ML.Conformer.Tests.Cli;

/// <summary>Arguments of `conformer` that cannot be used, and its help.</summary>
[TestClass]
public sealed class WrongUsageTests
{
    private static ConformerProgram _program = null!;

    [ClassInitialize]
    public static void Create(TestContext _)
    {
        _program = new ConformerProgram();
        _program.Write("text.txt", "This is no model, but has more bytes than a model's header.");
        _program.WritePhoto("photo.png", 1);
        _program.WriteModel("other.onnx", new(), ["a", "b", "c"]);
        Directory.CreateDirectory(_program.File("empty"));
        _program.Write("misspelt.yaml", "image-size: 64\nepoch: 3\n");
        _program.Write("wrong.json", """{"epochs": "many"}""");
        _program.Write("nested.yaml", "transfer:\n  freeze: backbone\n");
        _program.Write("flag.yaml", "skip-bad-images: yes\n");
        _program.Write("pascal.yaml", "BatchSize: 3\n");
        _program.Write("resume.yaml", "resume: out\n");
        _program.Write("deep.yaml", new string('[', 100_000));
        _program.Write("deep-keys.yaml", string.Concat(Enumerable.Repeat("? ", 100_000)));
        _program.Write("twice.json", """{"epochs": 1, "epochs": 2}""");
    }

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    [DataRow("", "explain")]
    [DataRow("eval", "--none-label <NAME>")]
    [DataRow("explain", "--overlays")]
    [DataRow("check", "--model <FILE>")]
    [DataRow("train", "--image-size <N>")]
    [DataRow("predict", "--threshold <N>")]
    [DataRow("runs", "FOLDERS")]
    [DataRow("completion", "PowerShell")]
    public void EachCommandHasHelp(string command, string part)
    {
        var (code, output, errors) = _program.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.AreEqual(0, code);
        Assert.IsEmpty(errors);
        Assert.IsTrue(output.Any(line => line.Contains(part, StringComparison.Ordinal)), string.Join('\n', output));
        TerminalText.AssertFits(output);
    }

    /// <summary>Spaces divide the arguments.</summary>
    [TestMethod]
    [DataRow("eval model.onnx", "Required argument 'DATA' missing")]
    [DataRow("eval absent.onnx photos", "MODEL: it is 'absent.onnx'. There is no such file, and the published names are ")]
    [DataRow("eval text.txt photos", "MODEL: 'text.txt' is no image classifier")]
    [DataRow("eval model.onnx absent", "DATA: there is no file or folder 'absent'.")]
    [DataRow("eval model.onnx empty", "DATA: ")]
    [DataRow("eval model.onnx photo.png", "DATA: ")]
    [DataRow("eval model.onnx photos --part half", "--part must be one of auto, training, validation, test, all, not 'half'.")]
    [DataRow("eval model.onnx photos --part test", "has no test images (--part); it has training and validation images.")]
    [DataRow("eval model.onnx photos --threads 0", "--threads must be a whole number from 1 to 1024, not '0'.")]
    [DataRow("eval model.onnx photos --batch-size 0", "--batch-size must be a whole number from 1 to 1024, not '0'.")]
    [DataRow("eval model.onnx photos --batch-size abc", "--batch-size must be a whole number from 1 to 1024, not 'abc'.")]
    [DataRow("eval model.onnx photos --none-label a\u202Ebc", @"--none-label is 'a\u202Ebc', which is a class of the model.")]
    [DataRow("eval model.onnx photos --none-label weed", "--none-label is 'weed', which no image has.")]
    [DataRow("eval model.onnx photos --boxes text.txt", "--boxes: '{0}', line 1: expected a header")]
    [DataRow("eval model.onnx photos --boxes absent.csv", "--boxes: ")]
    [DataRow("eval model.onnx photos --compare absent.onnx", "--compare: it is 'absent.onnx'.")]
    [DataRow("eval model.onnx photos --compare other.onnx", "--compare: 'other.onnx' has the classes a, b, c, and MODEL 郁")]
    [DataRow("eval model.onnx photos --calibrate --flip", "--calibrate fits probabilities to one view of each image")]
    [DataRow("eval model.onnx photos --output text.txt/below", "for --output cannot be used: ")]
    [DataRow("explain model.onnx photo.png --size 5", "--size must be a whole number from 32 to 2048, not '5'.")]
    [DataRow("explain model.onnx photo.png --class rose", "The model has no class 'rose' (--class); its classes are 郁")]
    [DataRow("explain model.onnx photos", "IMAGES: 'photos' is a folder; name the files in it.")]
    [DataRow("explain model.onnx absent.png", "IMAGES: there is no file 'absent.png'.")]
    [DataRow("explain model.onnx photo.png --flip", "'--flip' is no option of 'explain'. `conformer explain --help` lists them.")]
    [DataRow("explain model.onnx -- --flip", "IMAGES: there is no file '--flip'.")]
    [DataRow("check absent", "DATA: there is no file or folder 'absent'.")]
    [DataRow("check photos --model text.txt", "--model: 'text.txt' is no image classifier")]
    [DataRow("predict model.onnx absent.png", "IMAGES: there is no file or folder 'absent.png'.")]
    [DataRow("predict model.onnx empty", "IMAGES: there is no image in the folder 'empty'.")]
    [DataRow("predict model.onnx photo.png --threshold 2", "--threshold must be a number from 0 to 1, not '2'.")]
    [DataRow("predict model.onnx photo.png --top 0", "--top must be a whole number from 1 to 1000000, not '0'.")]
    [DataRow("train absent", "DATA: there is no file or folder 'absent'.")]
    [DataRow("train empty", "DATA: ")]
    [DataRow("train photos --pretrained-weights absent.pth", "--pretrained-weights: there is no file 'absent.pth', and the published names are ")]
    [DataRow("train photos --pretrained-weights text.txt", "--pretrained-weights: ")]
    [DataRow("train photos --freeze backbone", "--freeze is Backbone, and --pretrained-weights is not given: there is nothing to keep")]
    [DataRow("train photos --trainer contnet --image-size 100", "--image-size: The image is 100 x 100 pixels; a side of 25 in stage 1")]
    [DataRow("train photos --trainer contnet --variant smallpatch32", "--variant is 'smallpatch32'; it must be one of tiny, small, medium, base.")]
    [DataRow("train photos --variant 1", "--variant is '1'; it must be one of tiny, small, smallpatch32, base.")]
    [DataRow("train photos --learning-rate 0,5", "--learning-rate must be a number from 0.000000001 to 1, not '0,5'.")]
    [DataRow("train photos --recipe absent.json", "--recipe: 'absent.json' is no file, and no recipe's name: FineTune, ")]
    [DataRow("train photos --device gpu", "--device must be one of auto, cpu, cuda, not 'gpu'.")]
    [DataRow("train photos --output text.txt/below", "for --output cannot be used: ")]
    [DataRow("train photos --resume empty", "--resume: there is no run in 'empty', which has no config.yaml.")]
    [DataRow("train photos --config absent.yaml", "--config: there is no file 'absent.yaml'.")]
    [DataRow("train photos --config misspelt.yaml", "'misspelt.yaml', line 2: 'epoch' is no option of 'train'. Did you mean 'epochs'?")]
    [DataRow("train photos --config pascal.yaml", "'pascal.yaml', line 1: 'BatchSize' is no option of 'train'. Did you mean 'batch-size'?")]
    [DataRow("train photos --config resume.yaml", "'resume.yaml', line 1: 'resume' is no option of 'train'. It has data, ")]
    [DataRow("train photos --config flag.yaml", "'flag.yaml', line 1: 'skip-bad-images' must be true or false, not 'yes'.")]
    [DataRow("train photos --config deep.yaml", "'deep.yaml', line 1: it is nested too deep.")]
    [DataRow("train photos --config deep-keys.yaml", "'deep-keys.yaml', line 1: it is nested too deep.")]
    [DataRow("train photos --output out --config", "Required argument missing for option: '--config'.")]
    [DataRow("train photos --config a.yaml --config b.yaml", "Option '--config' expects a single argument but 2 were provided.")]
    [DataRow("train --output out --resume", "--resume goes on in the run's own folder and with its own options; leave out --output.")]
    [DataRow("--config a.yaml train", "'--config' stands before 'train'; write it behind.")]
    [DataRow("trian photos", "'trian' is no command of 'conformer'. Did you mean 'train'?")]
    [DataRow("train photos --epoch 3", "'--epoch' is no option of 'train'. Did you mean '--epochs'?")]
    [DataRow("predict model.onnx photo.png --BatchSize 3", "'--BatchSize' is no option of 'predict'. Did you mean '--batch-size'?")]
    [DataRow("predict", "Required argument 'MODEL' missing for command: 'predict'. Required argument 'IMAGES' missing ")]
    [DataRow("train photos --config wrong.json", "--epochs must be a whole number from 1 to 100000, not 'many' (from 'wrong.json').")]
    [DataRow("train photos --config nested.yaml", "'nested.yaml': the value of 'transfer' has values of its own.")]
    [DataRow("train photos --config twice.json", "'twice.json' is no JSON")]
    [DataRow("train photos --config text.txt", "'text.txt' is no list of names and values.")]
    [DataRow("train --show-augmented page.png", "--show-augmented needs DATA.")]
    [DataRow("train photos --show-augmented absent/page.png", "absent")]
    [DataRow("runs absent", "FOLDERS: there is no folder 'absent'.")]
    [DataRow("runs empty", "FOLDERS: there is no run in 'empty'.")]
    [DataRow("completion zsh", "Argument 'zsh' not recognized. Must be one of: 'bash' 'pwsh'")]
    public void OneLineNamesTheArgument(string arguments, string message)
    {
        var hasOutput = arguments.Split(' ')[0] is "eval" or "explain" or "check" or "train";
        string[] output = hasOutput && !arguments.Contains("--output", StringComparison.Ordinal) ? ["--output", "out"] : [];

        var (code, text, errors) = _program.Run([.. arguments.Split(' '), .. output]);

        Assert.AreEqual(2, code, string.Join('\n', errors));
        Assert.IsEmpty(text);
        StringAssert.StartsWith(errors.Single(), "error: ");
        StringAssert.Contains(errors.Single(), message.Replace("{0}", _program.File("text.txt"), StringComparison.Ordinal));
        Assert.IsFalse(errors.Single().Contains("(Parameter", StringComparison.Ordinal), errors.Single());
        Assert.IsFalse(Directory.Exists(_program.File("out")) && Directory.EnumerateFileSystemEntries(_program.File("out")).Any());
    }

    [TestMethod]
    public void WhereNothingCanBeTrainedThereIsNoRun()
    {
        var start = _program.Start("train", "photos");
        start.Environment[OperatingSystem.IsWindows() ? "TMP" : "TMPDIR"] = _program.File("text.txt");

        var (code, _, errors) = ChildProcess.Run(start);

        Assert.AreEqual(2, code, errors);
        StringAssert.Contains(errors, "for temporary files cannot be used: ");
        Assert.IsFalse(Directory.Exists(_program.File("runs")));
    }
}
