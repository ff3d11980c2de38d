using BenchmarkDotNet.Attributes;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>
/// The whole way from photo files to scores, in batches of 16: decoding, resizing, ONNX Runtime, ML.NET's cursors. The environment variable
/// CONFORMER_PHOTOS names a folder with a folder of photos for each class.
/// </summary>
[SimpleJob(warmupCount: 1, iterationCount: 7)]
public class PhotoFolderBenchmark
{
    private const string Variable = "CONFORMER_PHOTOS";
    private const int ClassCount = 100;

    private ImageClassifierTransformer _model = null!;
    private IDataView _photos = null!;

    /// <summary>The sizes measured, each with a number of photos.</summary>
    public static IEnumerable<ImageBatchSize> Photos => [new(32, 128), new(96, 128), new(224, 64)];

    /// <summary>The network's image size, and photos scored.</summary>
    [ParamsSource(nameof(Photos))]
    public ImageBatchSize Batch { get; set; } = null!;

    /// <summary>Lists the photos and opens a session.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var folder = Environment.GetEnvironmentVariable(Variable)
            ?? throw new InvalidOperationException($"Set {Variable} to a folder that has a folder of photos for each class.");
        var context = new MLContext(seed: 1);
        var files = context.Data.TakeRows(context.Data.ShuffleRows(context.Data.LoadFromImageFolder(folder), seed: 1), Batch.Count);
        _photos = context.Transforms.LoadImages("Image", imageFolder: "", inputColumnName: "ImagePath").Fit(files).Transform(files);

        _model = UntrainedModel.TransformerOf(ConformerVariant.Tiny, Batch.ImageSize, ClassCount);
    }

    /// <summary>Closes the model.</summary>
    [GlobalCleanup]
    public void Cleanup() => _model.Dispose();

    /// <summary>Decoding alone.</summary>
    [Benchmark]
    public int Decode() => _photos.GetColumn<MLImage>("Image").Sum(image => image.Width);

    /// <summary>Decoding and scoring.</summary>
    [Benchmark(Baseline = true)]
    public float Transform() => _model.Transform(_photos).GetColumn<float[]>("Score").Sum(scores => scores[^1]);
}
