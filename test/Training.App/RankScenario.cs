using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;

namespace Training;

/// <summary>
/// Trains by the trainer as one of several ranks, or alone, and tells what came of it: `Training.App ranks NAME=VALUE...`. Each rank may
/// have values of its own.
/// </summary>
internal static class RankScenario
{
    public static int Run(IEnumerable<string> arguments)
    {
        // By default a line of more than 256 characters is written in pieces, between which mpirun may put another rank's.
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 12) { AutoFlush = true });
        var values = arguments.Select(argument => argument.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        var mlContext = new MLContext(seed: 1);
        mlContext.Log += (_, e) =>
        {
            if (e.Source.Contains("Conformer", StringComparison.Ordinal))
                Console.WriteLine($"log: {e.RawMessage}");
        };
        using var cancel = new CancellationTokenSource();
        var options = new ConformerTrainer.Options
        {
            Architecture = new ConformerArchitecture { ChannelRatio = 0.25, EmbedDim = 32, Depth = 3, NumHeads = 2 },
            ImageSize = 32,
            Precision = Word("bf16", TrainingPrecision.Float32),
            BatchSize = Number("batch", 4),
            MicroBatchSize = values.ContainsKey("micro") ? Number("micro", 0) : null,
            Epochs = Number("epochs", 2),
            LearningRateBatchSize = values.ContainsKey("scale") ? Number("scale", 0) : null,
            Seed = Number("seed", 0),
            DropPath = 0.3,
            MaxGradientNorm = 1,
            WeightAverageDecay = 0.9,
            Distributed = Word("distributed", DistributedTraining.Auto),
            DistributedTimeout = TimeSpan.FromSeconds(Number("timeout", 60)),
            CancellationToken = cancel.Token,
            OnCancel = Word("onCancel", EarlyEnd.Throw),
            CacheFolder = values.GetValueOrDefault("cache"),
            MaxCacheBytes = values.ContainsKey("cache") ? 0 : null,
            Checkpoints = { Folder = values.GetValueOrDefault("checkpoints"), Resume = values.ContainsKey("checkpoints") },
        };
        if (options.Checkpoints.Folder is not null)
            options.Checkpoints.EverySteps = 1;
        if (values.ContainsKey("freeze"))
            (options.Transfer.Freeze, options.Transfer.CachedViews, options.PretrainedWeights) =
                (Freezing.Backbone, Number("freeze", 0), values["weights"]);
        if (values.ContainsKey("mix"))
            options.Augmentation = options.Augmentation with { MixupAlpha = 0.8, CutMixAlpha = 1 };
        options.Progress = new Callback(progress => Console.WriteLine(FormattableString.Invariant(
            $"progress: epoch {progress.Epoch} step {progress.Step} loss {progress.Loss:r} validation {progress.ValidationLoss:r}")));
        var broken = new BrokenRank(values.GetValueOrDefault("fault"), values.GetValueOrDefault("when"), cancel);
        try
        {
            var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(mlContext.Data.LoadFromEnumerable(ColoredImage.Make(2)));
            var validation = Number("validation", 5);
            if (validation > 0)
                options.Validation.Data = keys.Transform(mlContext.Data.LoadFromEnumerable(ColoredImage.Make(validation)));
            var images = ColoredImage.Make(Number("images", 40));
            var trainer = mlContext.MulticlassClassification.Trainers.Conformer(options);
            var training = keys.Transform(mlContext.Data.LoadFromEnumerable(broken.Photos(images)));
            if (values.ContainsKey("find"))
            {
                var curve = trainer.FindLearningRate(training, new LearningRateFinderOptions { Steps = 20 });
                Console.WriteLine("losses: " + string.Join(
                    ' ', curve.Points.Select(point => point.Loss.ToString("r", CultureInfo.InvariantCulture))));
            }
            using var model = trainer.Fit(training);
            var summary = model.Summary!;
            using var weights = new MemoryStream();
            model.SaveWeights(weights);
            var hash = Convert.ToHexStringLower(XxHash128.Hash(weights.ToArray()));
            if (values.TryGetValue("save", out var file))
                File.WriteAllBytes(file, weights.ToArray());
            Console.WriteLine(
                $"result: rank {summary.Rank} of {summary.Ranks} weights {hash} best {summary.BestEpoch} end {summary.End} accuracies " +
                string.Join(' ', summary.ValidationAccuracies.Select(one => one.ToString("r", CultureInfo.InvariantCulture))));
            return 0;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or OperationCanceledException)
        {
            Console.WriteLine($"error: {exception.GetType().Name}: {exception.Message}");
            return 3;
        }

        int Number(string name, int otherwise) =>
            values.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

        T Word<T>(string name, T otherwise) where T : struct, Enum =>
            values.TryGetValue(name, out var text) ? Enum.Parse<T>(text) : otherwise;
    }

    private sealed class Callback(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }
}

/// <summary>What goes wrong in one rank, as soon as a file exists.</summary>
internal sealed class BrokenRank
{
    private readonly string? _fault;
    private readonly CancellationTokenSource _cancel;

    public BrokenRank(string? fault, string? when, CancellationTokenSource cancel)
    {
        (_fault, _cancel) = (fault, cancel);
        if (when is null)
            return;
        new Thread(() =>
        {
            while (!IsThere(when))
                Thread.Sleep(1);
            if (fault == "cancel")
                cancel.Cancel();
            else
                _ = Kill(Environment.ProcessId, fault == "kill" ? 9 : 19); // SIGKILL, SIGSTOP
        })
        { IsBackground = true }.Start();
    }

    /// <summary>The photos, of which reading one may fail, or be the last before a cancellation.</summary>
    public IEnumerable<ColoredImage> Photos(IReadOnlyList<ColoredImage> images) => images.Select((image, index) =>
        index == images.Count / 2 && _fault == "throw" ? throw new InvalidDataException("the photo is broken")
        : index == images.Count / 2 && _fault == "cancelReading" ? Cancel(image)
        : image);

    /// <param name="pattern">A folder, and the name of a file in it, with wildcards.</param>
    private static bool IsThere(string pattern) => Path.GetDirectoryName(pattern) is { } folder && Directory.Exists(folder) &&
        Directory.EnumerateFiles(folder, Path.GetFileName(pattern)).Any();

    private ColoredImage Cancel(ColoredImage image)
    {
        _cancel.Cancel();
        return image;
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
