using System.Numerics.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Evaluation;

/// <summary>Runs a network and gives, beside what it decides by, what each of its branches says alone. Not thread-safe.</summary>
internal sealed class BranchScoring : IDisposable
{
    /// <summary>Name of the branches' sum, by which the network decides.</summary>
    public const string Sum = "sum";

    private readonly NetworkSession _session;
    private readonly ScoringOptions _options;
    private readonly int _heads;

    /// <param name="environment">The caller's.</param>
    /// <param name="model">The network.</param>
    /// <param name="options">How to score.</param>
    /// <param name="owner">Whom errors name.</param>
    /// <param name="imageSize">Side of the network's images in pixels; null for the model's own.</param>
    public BranchScoring(IHostEnvironment environment, ScorableModel model, ScoringOptions options, Type owner, int? imageSize = null)
    {
        _options = options;
        var (graph, kind) = (imageSize ?? model.ImageSize) == model.ImageSize
            ? (model.ToOnnx(), model.InputKind)
            : (model.ToResizedOnnx(imageSize!.Value), OnnxInputKind.NormalizedNchw);
        // A rounded network has its heads' logits in other numbers, if at all: of it the scores alone are looked at.
        var heads = model.Precision == OnnxPrecision.Float32 && model.Architecture.Heads.Count > 1 ? model.Architecture.Heads : [];
        _heads = heads.Count;
        Branches = [Sum, .. heads.Select(head => head.Branch)];
        Input = new NetworkInput(imageSize ?? model.ImageSize, model.Preprocessing, kind, options.FiveCrop);
        string[] outputs = _heads == 0 ? [GraphNames.Score] : [.. heads.Select(head => head.Layer)];
        _session = new NetworkSession(
            environment, OnnxGraphOutputs.Add(graph, outputs), Input, outputs, options, owner, model.ExternalDataFolder);
        if (_session.Outputs[0].Length != model.Labels.Count)
            throw new InvalidDataException(
                $"The network tells {_session.Outputs[0].Length} classes apart, but {model.Labels.Count} are named.");
    }

    /// <summary>The sum, and each branch where there are several and the network computes in 32-bit floats.</summary>
    public IReadOnlyList<string> Branches { get; }

    public NetworkInput Input { get; }

    /// <summary>As much of a photo as is looked at.</summary>
    public RgbImage Prepare(RgbImage photo) => _options.FiveCrop ? photo : Input.Crop(photo);

    /// <summary>Images of a batch.</summary>
    public int BatchSize => Math.Max(1, _options.MaxBatchSize / Input.ImagesPerRow);

    /// <summary>
    /// The logits of each branch for each image, [image][branch][C]. Where an image is looked at several times, they are the logarithms of
    /// its mean probabilities, whose softmax these are.
    /// </summary>
    public float[][][] Score(IReadOnlyList<RgbImage> photos)
    {
        var images = new float[checked(photos.Count * Input.RowLength)];
        InParallel.For(photos.Count, Environment.ProcessorCount, default, photo =>
            Input.Write(photos[photo], images.AsSpan(photo * Input.RowLength, Input.RowLength)));
        var views = (float[][][])[.. Run(images)];
        if (_options.TestTimeFlip)
        {
            Input.Mirror(images);
            views = [.. views, .. Run(images)];
        }
        // Views of an image: its crops stand together, and those of the mirror image as far behind as there are crops.
        var (crops, count) = (Input.ImagesPerRow, photos.Count);
        return [.. Enumerable.Range(0, count).Select(photo => Mean(
            [.. Enumerable.Range(0, views.Length / count).Select(view => views[(view / crops * count + photo) * crops + view % crops])]))];
    }

    public void Dispose() => _session.Dispose();

    /// <summary>[image][branch][C]</summary>
    private IEnumerable<float[][]> Run(Memory<float> images)
    {
        var count = images.Length / Input.Length;
        for (var first = 0; first < count; first += _options.MaxBatchSize)
        {
            var size = Math.Min(_options.MaxBatchSize, count - first);
            var values = new OutputValues(_session.Outputs, size);
            _session.Run(images[(first * Input.Length)..], size, values);
            for (var image = 0; image < size; image++)
                yield return LogitsOf(values, image);
        }
    }

    private float[][] LogitsOf(OutputValues values, int image)
    {
        if (_heads == 0)
            return [Logarithms(values.Of(0, image).Span)];
        float[][] heads = [.. Enumerable.Range(0, _heads).Select(head => values.Of(head, image).ToArray())];
        var sum = new float[heads[0].Length];
        foreach (var head in heads)
            TensorPrimitives.Add(sum, head, sum);
        return [sum, .. heads];
    }

    private static float[][] Mean(float[][][] views) => views.Length == 1
        ? views[0]
        : [.. Enumerable.Range(0, views[0].Length).Select(branch => MeanOf([.. views.Select(view => view[branch])]))];

    private static float[] MeanOf(float[][] views)
    {
        var mean = new float[views[0].Length];
        foreach (var logits in views)
            TensorPrimitives.Add(mean, Logits.Softmax(logits), mean);
        TensorPrimitives.Divide(mean, views.Length, mean);
        return Logarithms(mean);
    }

    private static float[] Logarithms(ReadOnlySpan<float> probabilities)
    {
        var logarithms = new float[probabilities.Length];
        TensorPrimitives.Max(probabilities, float.Epsilon, logarithms); // one that is rounded to 0 has a logarithm all the same
        TensorPrimitives.Log<float>(logarithms, logarithms);
        return logarithms;
    }
}
