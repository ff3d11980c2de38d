using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// The time of a training step of a published network as the training loop takes it, on the GPU where there is a usable one: forward, both
/// heads' loss, backward, AdamW; and with --data the making of batches beside it, by a recipe, in turn with steps while nothing is made.
/// Prints one line of JSON with the milliseconds for an image and the process's peak of resident memory, under the names that scripts
/// have which time other implementations in the same way.
/// </summary>
internal static class StepTimes
{
    private const int WarmUps = 2, FewestSteps = 5, QueuedBatches = 3;

    /// <summary>
    /// Options, each with a value: --network Conformer (or ConTNet), --variant Tiny, --size 224, --batch 8, --precision Float32,
    /// --checkpointing false, --tf32 true, --seconds 8, --data and --recipe FineTune.
    /// </summary>
    public static int Run(string[] arguments)
    {
        var given = arguments.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        T Option<T>(string name, T otherwise) where T : IParsable<T> =>
            given.TryGetValue(name, out var text) ? T.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        var precision = Enum.Parse<TrainingPrecision>(Option("--precision", "Float32"), ignoreCase: true);
        var (size, count, seconds) = (Option("--size", 224), Option("--batch", 8), Option("--seconds", 8.0));

        using var threads = TorchRuntime.UseThreads(null);
        using var memory = NativeHeap.KeepFreed();
        var device = TorchDevice.Resolve(TrainingDevice.Auto, new GpuPreference(null, FallbackToCpu: false));
        using var modes = new GpuModes(device, Option("--tf32", true), deterministic: false);
        using var network = Network(Option("--network", "Conformer"), Option("--variant", "Tiny"), size);
        network.to(device);
        network.train();
        using var step = new TrainingStep(new ClassificationTask(network, labelSmoothing: 0), new StepSettings
        {
            WeightDecay = 0.05,
            Precision = PrecisionChoice.Of(precision, device, network.Architecture).Precision,
            GradientCheckpointing = Option("--checkpointing", false),
        });
        using var images = given.ContainsKey("--data") ? Photos.Read(Option("--data", ""), size) : null;
        var recipe = TrainingRecipe.Load(Option("--recipe", "FineTune"));
        var mixing = images is null ? null : BatchMixing.Of(recipe.Augmentation, network.Architecture.NumClasses, seed: 0);
        using var batches = (images is null ? Forever(Noise(size, count, network.Architecture.NumClasses)) : Batches()).GetEnumerator();

        Repeat(WarmUps, Step);
        var (times, paused, begin) = (new List<double>(), new List<double>(), Stopwatch.GetTimestamp());
        while (times.Count < FewestSteps || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            times.AddRange(Repeat(FewestSteps, Step));
            if (images is null)
                continue;
            Repeat(QueuedBatches, StepAgain);
            paused.AddRange(Repeat(FewestSteps, StepAgain));
            Repeat(QueuedBatches, Step);
        }
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            ms_per_image_median = Median(times),
            ms_per_image_min = Math.Round(times.Min(), 2),
            ms_per_image_max = Math.Round(times.Max(), 2),
            loader_paused_median = images is null ? (double?)null : Median(paused),
            repeats = times.Count,
            peak_rss_mib = process.PeakWorkingSet64 >> 20,
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
            var (pixels, labels) = batches.Current.ToTensors(size, device);
            if (mixing is not null)
                (pixels, labels) = mixing.Apply(pixels, labels, epoch: 0, batch: 0);
            _ = step.Run(pixels, labels, learningRate: 1e-4).ToDouble();
        }

        IEnumerable<ImageBatch> Batches()
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

    private static VisionNetwork Network(string network, string variant, int size) => network == "ConTNet"
        ? new ConTNetNetwork(ConTNetArchitecture.For(Enum.Parse<ConTNetVariant>(variant, ignoreCase: true), imageSize: size), dropPath: 0.1)
        : new ConformerNetwork(ConformerArchitecture.For(Enum.Parse<ConformerVariant>(variant, ignoreCase: true)), dropPath: 0.1);

    private static double Median(List<double> times) => Math.Round(times.Order().ElementAt(times.Count / 2), 2);

    private static IEnumerable<ImageBatch> Forever(ImageBatch batch)
    {
        while (true)
            yield return batch;
    }

    private static ImageBatch Noise(int size, int count, int classCount)
    {
        var random = new Random(1);
        var pixels = new float[count * size * size * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = 4 * random.NextSingle() - 2; // the range of normalized colors
        var labels = Enumerable.Range(0, count).Select(_ => random.NextInt64(classCount));
        return new ImageBatch(pixels, [.. labels], [.. Enumerable.Range(0, count)], count);
    }
}
