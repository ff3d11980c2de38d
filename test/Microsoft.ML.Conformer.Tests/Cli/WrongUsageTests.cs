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
    }

    [ClassCleanup]
    public static void Dispose() => _program.Dispose();

    [TestMethod]
    [DataRow("", "explain")]
    [DataRow("eval", "--none-label <NAME>")]
    [DataRow("explain", "--overlays")]
    [DataRow("check", "--model <FILE>")]
    public void EachCommandHasHelp(string command, string part)
    {
        var (code, output, errors) = _program.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.AreEqual(0, code);
        Assert.IsEmpty(errors);
        Assert.IsTrue(output.Any(line => line.Contains(part, StringComparison.Ordinal)), string.Join('\n', output));
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
    [DataRow("eval model.onnx photos --threads 0", "--threads must be a number from 1 to 1024, not '0'.")]
    [DataRow("eval model.onnx photos --batch-size 0", "--batch-size must be a number from 1 to 1024, not '0'.")]
    [DataRow("eval model.onnx photos --batch-size abc", "--batch-size must be a number from 1 to 1024, not 'abc'.")]
    [DataRow("eval model.onnx photos --none-label a\u202Ebc", @"--none-label is 'a\u202Ebc', which is a class of the model.")]
    [DataRow("eval model.onnx photos --none-label weed", "--none-label is 'weed', which no image has.")]
    [DataRow("eval model.onnx photos --boxes text.txt", "--boxes: '{0}', line 1: expected a header")]
    [DataRow("eval model.onnx photos --boxes absent.csv", "--boxes: ")]
    [DataRow("eval model.onnx photos --compare absent.onnx", "--compare: it is 'absent.onnx'.")]
    [DataRow("eval model.onnx photos --compare other.onnx", "--compare: 'other.onnx' has the classes a, b, c, and MODEL 郁")]
    [DataRow("eval model.onnx photos --calibrate --flip", "--calibrate fits probabilities to one view of each image")]
    [DataRow("eval model.onnx photos --output text.txt/below", "for --output cannot be used: ")]
    [DataRow("explain model.onnx photo.png --size 5", "--size must be a number from 32 to 2048, not '5'.")]
    [DataRow("explain model.onnx photo.png --class rose", "The model has no class 'rose' (--class); its classes are 郁")]
    [DataRow("explain model.onnx photos", "IMAGES: 'photos' is a folder; name the files in it.")]
    [DataRow("explain model.onnx absent.png", "IMAGES: there is no file 'absent.png'.")]
    [DataRow("explain model.onnx photo.png --flip", "IMAGES: there is no file '--flip'.")]
    [DataRow("check absent", "DATA: there is no file or folder 'absent'.")]
    [DataRow("check photos --model text.txt", "--model: 'text.txt' is no image classifier")]
    public void OneLineNamesTheArgument(string arguments, string message)
    {
        string[] output = arguments.Contains("--output", StringComparison.Ordinal) ? [] : ["--output", "out"];

        var (code, text, errors) = _program.Run([.. arguments.Split(' '), .. output]);

        Assert.AreEqual(2, code, string.Join('\n', errors));
        Assert.IsEmpty(text);
        StringAssert.StartsWith(errors.Single(), "error: ");
        StringAssert.Contains(errors.Single(), message.Replace("{0}", _program.File("text.txt"), StringComparison.Ordinal));
        Assert.IsFalse(errors.Single().Contains("(Parameter", StringComparison.Ordinal), errors.Single());
        Assert.IsFalse(Directory.Exists(_program.File("out")) && Directory.EnumerateFileSystemEntries(_program.File("out")).Any());
    }
}
