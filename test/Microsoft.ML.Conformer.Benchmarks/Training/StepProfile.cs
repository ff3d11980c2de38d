using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Conformer.Benchmarks.Scoring;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>Where a training step spends its time on a CPU: the forward pass by kinds of layers, the backward pass, the update.</summary>
internal static class StepProfile
{
    /// <summary>How the names of a part's parts begin.</summary>
    public const string Within = "of it: ";

    private const int WarmUps = 2, Steps = 5;
    private const string Forward = "forward pass", Backward = "backward pass", Update = "update";

    /// <summary>Options, as those of the command step.</summary>
    public static int Run(string[] arguments)
    {
        foreach (var (name, milliseconds) in Times(new Arguments(arguments)))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{milliseconds,8:0.0} ms  {name}"));
        return 0;
    }

    /// <summary>The milliseconds of a step's parts, each part of the forward pass after the whole of it.</summary>
    public static List<(string Name, double Milliseconds)> Times(Arguments given)
    {
        var (size, count) = (given.Number("--size", 224), given.Number("--batch", 8));
        var precision = given.Choice("--precision", TrainingPrecision.Float32);
        using var threads = TorchRuntime.UseThreads(null);
        using var memory = NativeHeap.KeepFreed();
        using var network = UntrainedModel.Network(UntrainedModel.Architecture(given), dropPath: 0.1);
        network.train();
        ITrainingTask task = new ClassificationTask(network, labelSmoothing: 0);
        using var step = new TrainingStep(task, new StepSettings { WeightDecay = 0.05, Precision = precision });
        using var images = randn(count, size, size, 3).permute(0, 3, 1, 2); // channels last, as batches are
        using var labels = arange(count, dtype: ScalarType.Int64);

        var (whole, layers) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var layer in network.modules().OfType<Module<Tensor, Tensor>>().Where(layer => !layer.children().Any()))
            Watch(layer, layers);
        for (var i = 0; i < WarmUps + Steps; i++)
        {
            if (i == WarmUps)
            {
                whole.Clear();
                layers.Clear();
            }
            using var scope = NewDisposeScope();
            step.Weights.Gradients.zero_();
            var loss = Time(Forward, () =>
            {
                using var autocast = Autocast.To(precision, DeviceType.CPU);
                return task.Loss(images, [labels]);
            });
            Time(Backward, () => { loss.backward(); return loss; });
            Time(Update, () => { step.Optimizer.Step(learningRate: 1e-4); return loss; });
        }
        var named = layers.OrderByDescending(layer => layer.Value).Select(layer => (Within + layer.Key, layer.Value / Steps));
        return
        [
            (Forward, whole[Forward] / Steps), .. named,
            (Within + "all between the layers", (whole[Forward] - layers.Values.Sum()) / Steps),
            (Backward, whole[Backward] / Steps), (Update, whole[Update] / Steps),
        ];

        Tensor Time(string name, Func<Tensor> work)
        {
            var start = Stopwatch.GetTimestamp();
            var result = work();
            whole[name] = whole.GetValueOrDefault(name) + Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return result;
        }
    }

    private static void Watch(Module<Tensor, Tensor> layer, Dictionary<string, double> times)
    {
        var (name, start) = (layer.GetName(), 0L);
        layer.register_forward_pre_hook((_, input) =>
        {
            start = Stopwatch.GetTimestamp();
            return input;
        });
        layer.register_forward_hook((_, _, output) =>
        {
            times[name] = times.GetValueOrDefault(name) + Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return output;
        });
    }
}
