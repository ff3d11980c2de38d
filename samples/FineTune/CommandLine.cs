using System.CommandLine;
using System.Globalization;
using Microsoft.ML.Conformer;

namespace FineTune;

/// <summary>The program's options, and how they become <see cref="Settings"/>.</summary>
internal static class CommandLine
{
    private static readonly Option<string?> _data = TrainingOption.Data(
        "Folder with train/ and val/, each with one folder per class; or with class folders only, " +
        "of which 80 % are trained on. Without it, images are generated.");

    private static readonly Option<ConformerVariant?> _variant = TrainingOption.Variant(
        "Network to train. Default: tiny, and a smaller network for generated images.");

    private static readonly Option<string?> _weights = new("--weights")
    {
        Description = "Weights to start from: a .pth or .safetensors file, or a published name such as conformer-tiny-p16. " +
            "Default: random.",
        HelpName = "FILE|NAME",
    };

    private static readonly Option<int?> _imageSize =
        ParsedOption.WholeNumber("--image-size", "Side of the network's square input in pixels. Default: 224, and 64 for generated images.", 32, 4096);

    private static readonly Option<int?> _epochs = ParsedOption.WholeNumber("--epochs", "Passes over the training images. Default: 30.", 1, 100_000);

    private static readonly Option<int?> _batchSize = ParsedOption.WholeNumber("--batch-size", "Images in a training step. Default: 32.", 1, 65_536);

    private static readonly Option<double?> _learningRate = new("--learning-rate")
    {
        Description = "Peak learning rate of AdamW. Default: 0.0005, and 0.001 for generated images.",
        HelpName = "NUMBER",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate > 0 && double.IsFinite(rate))
                return rate;
            result.AddError($"--learning-rate must be a positive number, not '{text}'.");
            return null;
        },
    };

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for model.zip, model.onnx and the generated images.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Path.Combine("artifacts", "finetune"),
    };

    private static readonly Option<int?> _seed = ParsedOption.WholeNumber("--seed", "Same seed, same results. Default: 0.", 0, int.MaxValue);

    private static readonly Option<TrainingDevice?> _device = TrainingOption.Device();

    private static readonly Option<int?> _threads = TrainingOption.Threads();

    private static readonly Option<OnnxPrecision?> _precision = ParsedOption.Named<OnnxPrecision>(
        "--precision", "What model.onnx computes with; int8 is calibrated on training images. Default: float32.", new()
        {
            ["float32"] = OnnxPrecision.Float32,
            ["float16"] = OnnxPrecision.Float16,
            ["int8"] = OnnxPrecision.Int8,
        });

    private static readonly Option<bool> _skipBadImages = new("--skip-bad-images")
    {
        Description = "Leave out images that cannot be read, and say which; otherwise the first one is an error.",
    };

    /// <summary>The root command; <paramref name="run"/> does the work and gives the exit code.</summary>
    public static RootCommand Create(Func<Settings, CancellationToken, int> run)
    {
        var command = new RootCommand(
            "Fine-tunes a Conformer on a folder of photos, evaluates it and saves it for ML.NET and ONNX Runtime.")
        {
            _data, _variant, _weights, _imageSize, _epochs, _batchSize, _learningRate, _output, _seed, _device, _threads,
            _precision, _skipBadImages,
        };
        command.SetAction((parsed, cancellation) => Task.Run(() => run(
            new Settings(
                parsed.GetValue(_data),
                parsed.GetValue(_variant),
                parsed.GetValue(_weights),
                parsed.GetValue(_imageSize),
                parsed.GetValue(_epochs),
                parsed.GetValue(_batchSize),
                parsed.GetValue(_learningRate),
                parsed.GetRequiredValue(_output),
                parsed.GetValue(_seed) ?? 0,
                parsed.GetValue(_device) ?? TrainingDevice.Auto,
                parsed.GetValue(_threads),
                parsed.GetValue(_precision) ?? OnnxPrecision.Float32,
                parsed.GetValue(_skipBadImages)),
            cancellation)));
        return command;
    }
}
