using System.CommandLine;
using Microsoft.ML.Conformer;
using Samples.Shared;

namespace FineTune;

/// <summary>The program's options, and how they become <see cref="Settings"/>.</summary>
internal static class CommandLine
{
    private static readonly Option<FileSystemInfo> _data = new Option<FileSystemInfo>("--data")
    {
        Description = "Folder with train/ and val/, each with one folder per class; or with class folders only; or a .csv or .jsonl file " +
            "with path, label and split of each image. Without val, a fifth validates. Without all, images are generated.",
    }.AcceptExistingOnly();

    private static readonly Option<ConformerVariant?> _variant =
        new("--variant") { Description = "Conformer to train. Default: Tiny, and a smaller network for generated images." };

    private static readonly Option<ConTNetVariant?> _conTNet =
        new("--contnet") { Description = "ConTNet to train instead of a Conformer; --variant has no effect then." };

    private static readonly Option<string> _weights = new("--weights")
    {
        Description = "Weights to start from: a .pth or .safetensors file, or a published name such as conformer-tiny-p16. " +
            "Default: random.",
    };

    private static readonly Option<int?> _imageSize = new Option<int?>("--image-size")
    {
        Description = "Side of the network's square input in pixels. Default: 224, and 64 for generated images.",
    }.Between(32, 4096);

    private static readonly Option<string> _recipe = new("--recipe")
    {
        Description = "How to train: FineTune, Official, MmPretrain, ConTNet, ConTNetStrong, or a JSON file. Other options override it. " +
            "Default: FineTune.",
    };

    static CommandLine() => _recipe.Validators.Add(result =>
    {
        try
        {
            if (result.GetValueOrDefault<string>() is { } recipe)
                TrainingRecipe.Load(recipe);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            result.AddError(exception.Message);
        }
    });

    private static readonly Option<int?> _epochs =
        new Option<int?>("--epochs") { Description = "Passes over the training images. Default: the recipe's, 30." }.Between(1, 100_000);

    private static readonly Option<int> _batchSize =
        new Option<int>("--batch-size") { Description = "Images in a training step.", DefaultValueFactory = _ => 32 }.Between(1, 65_536);

    private static readonly Option<double?> _learningRate = new Option<double?>("--learning-rate")
    {
        Description = "Peak learning rate of AdamW. Default: the recipe's, 0.0005, and 0.001 for generated images.",
    }.Between(1e-9, 1);

    private static readonly Option<string> _output = new("--output")
    {
        Description = "Folder for model.zip, model.onnx, the generated images and the files of --check.",
        DefaultValueFactory = _ => Path.Combine("artifacts", "finetune"),
    };

    private static readonly Option<int> _seed =
        new Option<int>("--seed") { Description = "Same seed, same results." }.Between(0, int.MaxValue);

    private static readonly Option<TrainingDevice> _device = new("--device")
    {
        Description = "Where to train; Auto takes a GPU where there is one.",
        DefaultValueFactory = _ => TrainingDevice.Auto,
    };

    private static readonly Option<int?> _threads =
        new Option<int?>("--threads") { Description = "CPU threads to compute with. Default: one for each processor." }.Between(1, 1024);

    private static readonly Option<OnnxPrecision> _precision = new("--precision")
    {
        Description = "What model.onnx computes with; Int8 is calibrated on training images.",
        DefaultValueFactory = _ => OnnxPrecision.Float32,
    };

    private static readonly Option<bool> _skipBadImages = new("--skip-bad-images")
    {
        Description = "Leave out images that cannot be read, and say which; otherwise the first one is an error.",
    };

    private static readonly Option<ImageCaching> _imageCaching = new("--image-caching")
    {
        Description = "Whether decoded photos are kept (Keep) or decoded anew in each epoch (Decode); Auto keeps what fits into memory.",
        DefaultValueFactory = _ => ImageCaching.Auto,
    };

    private static readonly Option<TrainingPrecision> _trainingPrecision = new("--training-precision")
    {
        Description = "What training computes with; Auto takes BFloat16 where the processor has it.",
        DefaultValueFactory = _ => TrainingPrecision.Auto,
    };

    private static readonly Option<string> _checkpoints = new("--checkpoints")
    {
        Description = "Folder for the state of training, every 10 minutes, and for the best model so far, so that no work is lost. " +
            "Default: none.",
    };

    private static readonly Option<bool> _resume =
        new("--resume") { Description = "Go on from the newest checkpoint in the folder of --checkpoints." };

    private static readonly Option<Freezing> _freeze = new("--freeze")
    {
        Description = "Which layers keep the weights of --weights: None, Backbone (all but the heads) or Gradual.",
        DefaultValueFactory = _ => Freezing.None,
    };

    private static readonly Option<ClassBalance> _balance = new("--class-balance")
    {
        Description = "What is done about classes with few images: None, Weights or Sampler.",
        DefaultValueFactory = _ => ClassBalance.None,
    };

    private static readonly Option<string> _showAugmented = new("--show-augmented")
    {
        Description = "PNG file for a page of training images as the network would see them; nothing is trained then.",
    };

    private static readonly Option<bool> _check = new("--check")
    {
        Description = "Look at all photos for what spoils training: damaged files, duplicates, mixed-up labels and the like. Writes " +
            "check.html and check.json to --output, and trains nothing. The exit code is 1 where there are errors.",
    };

    private static readonly Option<string> _records =
        new("--records") { Description = "Folder for history.csv and TensorBoard's event files. Default: none." };

    /// <summary>The root command; <paramref name="run"/> does the work and gives the exit code.</summary>
    public static RootCommand Create(Func<Settings, CancellationToken, Task<int>> run)
    {
        var command = new RootCommand(
            "Fine-tunes a Conformer or ConTNet on a folder of photos, evaluates it and saves it for ML.NET and ONNX Runtime.")
        {
            _data, _variant, _conTNet, _weights, _recipe, _imageSize, _epochs, _batchSize, _learningRate, _output, _seed, _device, _threads,
            _precision,
            _skipBadImages, _imageCaching, _trainingPrecision, _checkpoints, _resume, _records, _freeze, _balance, _showAugmented,
            _check,
        };
        command.SetAction((parsed, cancellation) => run(Read(parsed), cancellation));
        return command;
    }

    private static Settings Read(ParseResult parsed)
    {
        var folder = parsed.GetValue(_data)?.FullName;
        var (variant, weights) = (parsed.GetValue(_variant), parsed.GetValue(_weights));
        ImageClassificationTrainerOptions options = parsed.GetValue(_conTNet) is { } conTNet
            ? new ConTNetTrainer.Options { Variant = conTNet }
            : new ConformerTrainer.Options
            {
                Variant = variant ?? ConformerVariant.Tiny,
                Architecture = folder is null && variant is null && weights is null ? GeneratedImageNetwork.Architecture : null,
            };
        options.PretrainedWeights = weights;
        // Not by its name, which the program's own file has too.
        options.Recipe = parsed.GetValue(_recipe) is { } recipe ? TrainingRecipe.Load(recipe) : TrainingRecipe.FineTune;
        options.ImageColumnName = nameof(ImageFile.ImagePath);
        options.ImageSize = parsed.GetValue(_imageSize) ?? (folder is null ? GeneratedImageNetwork.ImageSize : 224);
        options.BatchSize = parsed.GetValue(_batchSize);
        options.Seed = parsed.GetValue(_seed);
        options.Device = parsed.GetValue(_device);
        options.Threads = parsed.GetValue(_threads);
        options.BadImages = parsed.GetValue(_skipBadImages) ? BadImagePolicy.Skip : BadImagePolicy.Throw;
        options.ImageCaching = parsed.GetValue(_imageCaching);
        options.Precision = parsed.GetValue(_trainingPrecision);
        options.Transfer.Freeze = parsed.GetValue(_freeze);
        options.ClassBalance = parsed.GetValue(_balance);
        (options.Checkpoints.Folder, options.Checkpoints.Resume) = (parsed.GetValue(_checkpoints), parsed.GetValue(_resume));
        options.Records.Folder = parsed.GetValue(_records);
        (options.OnCancel, options.OnDivergence) = (EarlyEnd.ReturnBest, EarlyEnd.ReturnBest);
        if ((parsed.GetValue(_learningRate) ?? (folder is null && parsed.GetValue(_recipe) is null ? 1e-3 : null)) is { } learningRate)
            options.LearningRate = learningRate;
        if (parsed.GetValue(_epochs) is { } epochs)
            options.Epochs = epochs;
        return new Settings(
            folder, parsed.GetRequiredValue(_output), parsed.GetValue(_precision), parsed.GetValue(_showAugmented),
            parsed.GetValue(_check), options);
    }
}
