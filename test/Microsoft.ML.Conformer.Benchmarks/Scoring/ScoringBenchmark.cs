using BenchmarkDotNet.Attributes;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>Scoring through ONNX Runtime: the network alone, and a data view of decoded photos through the model.</summary>
[SimpleJob(warmupCount: 3, iterationCount: 15)]
public class ScoringBenchmark
{
    private const int PhotoWidth = 320, PhotoHeight = 240;

    private NetworkSession _scorer = null!;
    private ImageClassifierTransformer _model = null!;
    private float[] _images = null!;
    private OutputValues _scores = null!;
    private List<Photo> _photos = null!;
    private IDataView _view = null!;

    /// <summary>The sizes measured.</summary>
    public static IEnumerable<ImageBatchSize> Batches => [new(224, 1), new(224, 16)];

    /// <summary>The networks measured.</summary>
    [Params(ConformerVariant.Tiny, ConformerVariant.Small)]
    public ConformerVariant Variant { get; set; }

    /// <summary>The images scored at once.</summary>
    [ParamsSource(nameof(Batches))]
    public ImageBatchSize Batch { get; set; } = null!;

    /// <summary>Exports a network and opens a session.</summary>
    [GlobalSetup(Target = nameof(Network))]
    public void SetupNetwork()
    {
        _scorer = new NetworkSession(
            new MLContext(), UntrainedModel.Of(Variant, Batch.ImageSize).ToOnnx(),
            new NetworkInput(Batch.ImageSize, new(), OnnxInputKind.NormalizedNchw),
            [GraphNames.Score], new ScoringOptions(), typeof(ImageClassifierTransformer));

        var random = new Random(1);
        _images = new float[Batch.Count * 3 * Batch.ImageSize * Batch.ImageSize];
        for (var i = 0; i < _images.Length; i++)
            _images[i] = 4 * random.NextSingle() - 2; // the range of normalized colors
        _scores = new OutputValues(_scorer.Outputs, Batch.Count);
    }

    /// <summary>Makes a model and photos.</summary>
    [GlobalSetup(Target = nameof(Transform))]
    public void SetupTransform()
    {
        _model = UntrainedModel.TransformerOf(Variant, Batch.ImageSize);
        _photos = Photo.Set(Batch.Count, width: PhotoWidth, height: PhotoHeight);
        _view = new MLContext(seed: 1).Data.LoadFromEnumerable(_photos);
    }

    /// <summary>Closes the session.</summary>
    [GlobalCleanup(Target = nameof(Network))]
    public void CleanupNetwork() => _scorer.Dispose();

    /// <summary>Closes the model and frees the photos.</summary>
    [GlobalCleanup(Target = nameof(Transform))]
    public void CleanupTransform()
    {
        _model.Dispose();
        foreach (var photo in _photos)
            photo.Image!.Dispose();
    }

    /// <summary>ONNX Runtime on normalized images.</summary>
    [Benchmark(Baseline = true)]
    public float Network()
    {
        _scorer.Run(_images, Batch.Count, _scores);
        return _scores.Of(output: 0, Batch.Count - 1).Span[^1];
    }

    /// <summary>The whole way from photos of 320 x 240 pixels: resizing, cropping, normalizing, ONNX Runtime, ML.NET's cursors.</summary>
    [Benchmark]
    public float Transform() => _model.Transform(_view).GetColumn<float[]>("Score").Sum(scores => scores[^1]);
}
