using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// A training step of Conformer-Ti as the training loop takes it, on the GPU where there is a usable one: forward, both heads' loss,
/// backward, AdamW. Reading and augmenting images is not part of it.
/// </summary>
[SimpleJob(RunStrategy.Monitoring, warmupCount: 2, iterationCount: 10)]
public class TrainingStepBenchmark
{
    private readonly Device _device = TorchDevice.Resolve(TrainingDevice.Auto, new GpuPreference(null, FallbackToCpu: false));
    private ConformerNetwork _network = null!;
    private TrainingStep _step = null!;
    private ImageBatch _batch = null!;

    /// <summary>The sizes measured.</summary>
    public static IEnumerable<ImageBatchSize> Batches => [new(96, 32), new(224, 8)];

    /// <summary>The images of a step.</summary>
    [ParamsSource(nameof(Batches))]
    public ImageBatchSize Batch { get; set; } = null!;

    /// <summary>Builds the network, the optimizer and a batch of noise.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _network = new ConformerNetwork(ConformerArchitecture.For(ConformerVariant.Tiny), dropPath: 0.1);
        _network.to(_device);
        _network.train();
        var task = new ClassificationTask(_network, labelSmoothing: 0.1);
        _step = new TrainingStep(task, new StepSettings { WeightDecay = 0.05 });

        var random = new Random(1);
        var pixels = new float[Batch.Count * Batch.ImageSize * Batch.ImageSize * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = 4 * random.NextSingle() - 2; // the range of normalized colors
        var labels = Enumerable.Range(0, Batch.Count).Select(_ => random.NextInt64(_network.Architecture.NumClasses));
        _batch = new ImageBatch(pixels, [.. labels], new int[Batch.Count], Batch.Count);
    }

    /// <summary>Frees the network.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _step.Dispose();
        _network.Dispose();
    }

    /// <summary>One step; reading the loss waits for the device.</summary>
    [Benchmark]
    public double Step()
    {
        using var scope = NewDisposeScope();
        var (images, labels) = _batch.ToTensors(Batch.ImageSize, _device);
        return _step.Run(images, labels, learningRate: 5e-4).ToDouble();
    }
}
