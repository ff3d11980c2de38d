using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Benchmarks.Scoring;
using Microsoft.ML.Conformer.Benchmarks.Suite;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// The time of a training step of a published network as the training loop takes it, on the GPU where there is a usable one: forward, both
/// heads' loss, backward, AdamW; and with --data the making of batches beside it, by a recipe, in turn with steps while nothing is made.
/// </summary>
internal static class StepTimes
{
    private const int WarmUps = 2, FewestSteps = 5, QueuedBatches = 3;

    /// <summary>
    /// Options, each with a value: --network Conformer (or ConTNet), --variant Tiny, --size 224, --batch 8, --classes 1000, --precision
    /// Float32, --checkpointing false, --tf32 true, --device Auto, --seconds 8, --data and --recipe FineTune.
    /// </summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var (size, count) = (given.Number("--size", 224), given.Number("--batch", 8));

        using var threads = TorchRuntime.UseThreads(null);
        using var memory = NativeHeap.KeepFreed();
        var device = TorchDevice.Resolve(given.Choice("--device", TrainingDevice.Auto), new GpuPreference(null, FallbackToCpu: false));
        using var modes = new GpuModes(device, given.Text("--tf32", "true") == "true", deterministic: false);
        using var network = UntrainedModel.Network(UntrainedModel.Architecture(given), dropPath: 0.1);
        network.to(device);
        network.train();
        using var step = new TrainingStep(new ClassificationTask(network, labelSmoothing: 0), new StepSettings
        {
            WeightDecay = 0.05,
            Precision = PrecisionChoice.Of(given.Choice("--precision", TrainingPrecision.Float32), device, network.Architecture).Precision,
            GradientCheckpointing = given.Text("--checkpointing", "false") == "true",
        });
        using var images = given.Has("--data") ? Photos.Read(given.Text("--data"), size) : null;
        var recipe = TrainingRecipe.Load(given.Text("--recipe", "FineTune"));
        var mixing = images is null ? null : BatchMixing.Of(recipe.Augmentation, network.Architecture.NumClasses, seed: 0);
        using var batches = (images is null ? Forever(Noise(size, count, network.Architecture.NumClasses)) : Batches()).GetEnumerator();

        if (images is null)
            return RepeatedWork.Run(given, count, Step);

        Repeat(WarmUps, Step);
        var (times, paused, begin) = (new List<double>(), new List<double>(), Stopwatch.GetTimestamp());
        while (Stopwatch.GetElapsedTime(begin).TotalSeconds < given.Number("--seconds", 8))
        {
            times.AddRange(Repeat(FewestSteps, Step));
            Repeat(QueuedBatches, StepAgain);
            paused.AddRange(Repeat(FewestSteps, StepAgain));
            Repeat(QueuedBatches, Step);
        }
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            ms_per_image_median = Math.Round(Statistics.Median(times), 2),
            loader_paused_median = Math.Round(Statistics.Median(paused), 2),
            repeats = times.Count,
            peak_rss_mib = RepeatedWork.PeakMiB(),
        }));
        return 0;

        List<double> Repeat(int steps, Action step)
        {
            var taken = new List<double>();
            for (var i = 0; i < steps; i++)
            {
                var start = Stopwatch.GetTimestamp();
                step();
                taken.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / count);
            }
            return taken;
        }

        void Step()
        {
            batches.MoveNext();
            Train(mixing);
        }

        // The loader waits when its queue is full, and nothing is mixed. In turn with the other steps, as other programs' noise on a
        // machine may be larger than the loader's work.
        void StepAgain() => Train(null);

        // Reading the loss waits for the device.
        void Train(BatchMixing? mixing)
        {
            using var scope = NewDisposeScope();
            var (pixels, targets) = batches.Current.ToTensors(device);
            if (mixing is not null)
                (pixels, targets) = mixing.Apply(pixels, targets, epoch: 0, batch: 0);
            _ = step.Run(pixels, targets, learningRate: 1e-4).ToDouble();
        }

        IEnumerable<IBatch> Batches()
        {
            var source = new TrainingBatches(images!, new TrainingBatchOptions
            {
                BatchSize = count,
                Seed = 0,
                Augmentation = new ImageAugmentation(recipe.Augmentation),
                Views = recipe.Augmentation.RepeatedAugmentation,
            });
            return Enumerable.Range(0, int.MaxValue).SelectMany(epoch => source.ReadEpoch(epoch, 0, CancellationToken.None));
        }
    }

    private static IEnumerable<IBatch> Forever(IBatch batch)
    {
        while (true)
            yield return batch;
    }

    private static ImageBatch Noise(int size, int count, int classCount)
    {
        var random = new Random(1);
        var labels = Enumerable.Range(0, count).Select(_ => random.NextInt64(classCount));
        return new ImageBatch(
            ScoringModels.NoiseValues(count, size, seed: 1), size, [.. labels], [.. Enumerable.Range(0, count)], count);
    }
}
