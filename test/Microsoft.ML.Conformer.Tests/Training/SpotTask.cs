using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>No classification: says in which part of an image, 0-1 from the left and from the top, the bright spot is.</summary>
internal sealed class SpotTask(ITrainableNetwork network) : ITrainingTask
{
    public ITrainableNetwork Network => network;

    /// <summary>The sizes of the images that went through the network, one after the other.</summary>
    public List<(long Height, long Width)> Sizes { get; } = [];

    public Tensor Loss(Tensor[] outputs, IReadOnlyList<Tensor> targets) =>
        functional.mse_loss(outputs[0], targets[0] / targets[1].to(float32));

    public Validation Validate(IBatchSource images, Device device, ICollective all, CancellationToken cancellation)
    {
        var distances = new List<double>();
        Validation.ForEachBatch(network.Module, images, all, batch =>
        {
            var (pixels, targets) = batch.ToTensors(device);
            Sizes.Add((pixels.shape[2], pixels.shape[3]));
            var off = network.Module.call(pixels)[0] * targets[1] - targets[0];
            distances.AddRange(off.to(float32).norm(1).data<float>().Select(distance => (double)distance));
        }, cancellation);
        return new Validation(
            new Dictionary<string, double> { ["mean_distance"] = distances.Average(), ["worst_distance"] = distances.Max() },
            [-distances.Average()]);
    }
}

/// <summary>The first layer's weights are frozen, and the norm keeps its statistics though its weights are trained.</summary>
internal sealed class SpotNetwork : Module<Tensor, Tensor[]>, ITrainableNetwork
{
    private const int Width = 16;

    private readonly Conv2d _stem, _conv;
    private readonly BatchNorm2d _norm;
    private readonly Linear _head;

    public SpotNetwork() : base(nameof(SpotNetwork))
    {
        using var scope = NewDisposeScope(); // layers leave temporaries behind
        (_stem, _conv) = (Conv2d(3, Width, 3, padding: 1), Conv2d(Width, Width, 3, padding: 1));
        (_norm, _head) = (BatchNorm2d(Width), Linear(3 * Width, 2));
        RegisterComponents();
        using var noGrad = no_grad();
        using var generator = new Generator(1);
        foreach (var (name, parameter) in named_parameters().Where(entry => !entry.name.StartsWith("_norm", StringComparison.Ordinal)))
            parameter.uniform_(-0.2, 0.2, generator);
        foreach (var parameter in _stem.parameters())
            parameter.requires_grad = false;
    }

    public Module<Tensor, Tensor[]> Module => this;

    public IReadOnlyList<Func<Tensor[], Tensor[]>> Parts =>
    [
        images => [functional.relu(_stem.call(images[0]))],
        // The second output is one that nobody uses.
        maps => [functional.relu(_norm.call(_conv.call(maps[0]))), maps[0] * _norm.weight!.sum()],
        maps => [_head.call(Random.Drop(Pooled(maps[0]), 0.05))],
    ];

    public DropRandom Random { get; } = new(seed: 5);

    public int LayerCount => 2;

    public int LayerOf(string tensor) => IsHead(tensor) ? 1 : 0;

    public bool IsHead(string tensor) => tensor.StartsWith("_head", StringComparison.Ordinal);

    public bool IsDecayed(string tensor, int dimensions) => dimensions > 1;

    public override Tensor[] forward(Tensor images) => Parts.Aggregate((Tensor[])[images], (values, part) => part(values));

    public override void train(bool on = true)
    {
        base.train(on);
        _norm.eval();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Random.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>What a map [N, C, H, W] has in sum, and where its values lie from the left and from the top, 0-1, [N, 3 C].</summary>
    private static Tensor Pooled(Tensor map)
    {
        var (shares, whole) = (map.flatten(2).softmax(2).view(map.shape), map.mean([2, 3]));
        var x = (shares.sum(2) * arange(map.shape[3], dtype: float32)).sum(2) / map.shape[3];
        var y = (shares.sum(3) * arange(map.shape[2], dtype: float32)).sum(2) / map.shape[2];
        return cat([x, y, whole], 1);
    }
}

/// <summary>
/// Black images with a spot, of another size in each batch; the last batch has fewer. The clock goes a second ahead for each.
/// </summary>
internal sealed class SpotImages(int imageCount, int seed, ManualClock clock) : IBatchSource
{
    private const int BatchSize = 4;

    private static readonly (int Height, int Width)[] _sizes = [(16, 24), (24, 16), (20, 20)];

    public int ImageCount => imageCount;

    public string ImageSizes => "up to 24 x 24 pixels";

    public int BatchCount => (imageCount + BatchSize - 1) / BatchSize;

    public string NameOf(int image) => $"spot {image}";

    public IEnumerable<IBatch> ReadEpoch(int epoch, int firstBatch, CancellationToken cancellation)
    {
        for (var batch = firstBatch; batch < BatchCount; batch++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            var (height, width) = _sizes[(epoch + batch) % _sizes.Length];
            int[] images = [.. Enumerable.Range(batch * BatchSize, Math.Min(BatchSize, imageCount - batch * BatchSize))];
            yield return new Batch(images, height, width, (seed * 1000) + (epoch * 100) + batch);
        }
    }

    private sealed class Batch(int[] images, int height, int width, int seed) : IBatch
    {
        public IReadOnlyList<int> ImageNumbers => images;

        /// <summary>The targets are the spots [N, 2] in pixels, and the images' sizes [N, 2] (int64), both x first.</summary>
        public (Tensor Images, IReadOnlyList<Tensor> Targets) ToTensors(Device device)
        {
            var random = new Random(seed);
            var pixels = new float[images.Length, height, width, 3];
            var (spots, sizes) = (new float[images.Length, 2], new long[images.Length, 2]);
            for (var image = 0; image < images.Length; image++)
            {
                var (x, y) = (random.Next(width), random.Next(height));
                for (var channel = 0; channel < 3; channel++)
                    pixels[image, y, x, channel] = 20;
                (spots[image, 0], spots[image, 1], sizes[image, 0], sizes[image, 1]) = (x, y, width, height);
            }
            return (tensor(pixels).permute(0, 3, 1, 2).to(device), [tensor(spots).to(device), tensor(sizes).to(device)]);
        }
    }
}
