using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// The time of a training step, forward, backward and update, and the process's peak of resident memory, as one line of JSON, with the
/// figures by the names that scripts which time other implementations in the same way use.
/// </summary>
internal static class StepTimes
{
    public static int Run(string[] arguments)
    {
        var options = arguments.Chunk(2).ToDictionary(pair => pair[0].TrimStart('-'), pair => pair[1]);
        string Option(string name, string otherwise) => options.GetValueOrDefault(name, otherwise);
        var variant = Enum.Parse<ConformerVariant>(Option("variant", "Tiny"), ignoreCase: true);
        var (size, count) = (int.Parse(Option("size", "224")), int.Parse(Option("batch", "8")));
        var seconds = double.Parse(Option("seconds", "8"));
        var device = TorchDevice.Resolve(TrainingDevice.Auto, new GpuPreference(null, FallbackToCpu: false));
        using var threads = TorchRuntime.UseThreads(null);
        using var memory = NativeHeap.KeepFreed();
        using var network = new ConformerNetwork(ConformerArchitecture.For(variant), dropPath: 0.1);
        network.to(device);
        network.train();
        var task = new ClassificationTask(network, labelSmoothing: 0);
        var precision = PrecisionChoice.Of(Enum.Parse<TrainingPrecision>(Option("precision", "Float32"), ignoreCase: true), device);
        using var step = new TrainingStep(task, new StepSettings
        {
            WeightDecay = 0.05, Precision = precision.Precision, GradientCheckpointing = options.ContainsKey("checkpointing"),
        });

        var random = new Random(1);
        var pixels = new float[count * size * size * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = 4 * random.NextSingle() - 2; // the range of normalized colors
        var batch = new ImageBatch(pixels, [.. Enumerable.Range(0, count).Select(i => (long)i)], new int[count], count);

        for (var i = 0; i < 2; i++)
            Step();
        var (times, begin) = (new List<double>(), Stopwatch.GetTimestamp());
        while (times.Count < 5 || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            var start = Stopwatch.GetTimestamp();
            Step();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / count);
        }
        times.Sort();
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            ms_per_image_median = Math.Round(times[times.Count / 2], 2),
            ms_per_image_min = Math.Round(times[0], 2),
            ms_per_image_max = Math.Round(times[^1], 2),
            repeats = times.Count,
            peak_rss_mib = process.PeakWorkingSet64 / (1 << 20),
        }));
        return 0;

        void Step()
        {
            using var scope = NewDisposeScope();
            var (images, labels) = batch.ToTensors(size, device);
            _ = step.Run(images, labels, learningRate: 1e-4).ToDouble();
        }
    }
}
