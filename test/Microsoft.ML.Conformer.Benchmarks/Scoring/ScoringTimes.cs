using Microsoft.ML.Conformer.Benchmarks.Suite;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Sessions;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Tests.Support;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>The time of scoring an image with a published network of random weights.</summary>
internal static class ScoringTimes
{
    private const int PhotoWidth = 320, PhotoHeight = 240, BatchesOfPass = 8;

    /// <summary>
    /// Options, each with a value: --network Conformer (or ConTNet), --variant Tiny, --size 224, --batch 1, --precision Float32,
    /// --threads 2, --provider Cpu (or Cuda, TensorRt), and --way network, which is the network alone on normalized images; or transform,
    /// photos of 320 x 240 pixels through the model in ML.NET, in Float32 always; or row-by-row, normalized images through ML.NET's
    /// OnnxTransformer on the CPU; or export, the making of the file.
    /// </summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var (size, count) = (given.Number("--size", 224), given.Number("--batch", 1));
        var options = new ScoringOptions
        {
            ExecutionProvider = given.Choice("--provider", ExecutionProvider.Cpu),
            IntraOpThreads = given.Number("--threads", 2),
            MaxBatchSize = count,
        };
        switch (given.Text("--way", "network"))
        {
            case "transform":
                using (var model = new ImageClassifierTransformer(new MLContext(), Model(), options, summary: null))
                {
                    var photos = Photo.Set(BatchesOfPass * count, width: PhotoWidth, height: PhotoHeight);
                    var view = new MLContext(seed: 1).Data.LoadFromEnumerable(photos);
                    return RepeatedWork.Run(given, photos.Count, () => Read(model.Transform(view)));
                }
            case "row-by-row":
                using (var folder = new TemporaryFolder())
                {
                    var (path, context) = (folder.File("model.onnx"), new MLContext(seed: 1));
                    File.WriteAllBytes(path, Onnx());
                    var images = new NormalizedImage[BatchesOfPass * count];
                    Array.Fill(images, new NormalizedImage { Pixels = ScoringModels.NoiseValues(1, size, seed: 1) });
                    var schema = SchemaDefinition.Create(typeof(NormalizedImage));
                    schema[GraphNames.Input].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 1, 3, size, size);
                    var view = context.Data.LoadFromEnumerable(images, schema);
                    using var scored = context.Transforms.ApplyOnnxModel(new OnnxOptions
                    {
                        ModelFile = path,
                        InputColumns = [GraphNames.Input],
                        OutputColumns = [GraphNames.Score],
                        IntraOpNumThreads = options.IntraOpThreads,
                    }).Fit(view);
                    return RepeatedWork.Run(given, images.Length, () => Read(scored.Transform(view)));
                }
            case "export":
                var trained = Model();
                return RepeatedWork.Run(given, 1, () => ScoringModels.Onnx(trained, size, Precision()));
            default:
                using (var session = new NetworkSession(
                    new MLContext(), Onnx(), new NetworkInput(size, new(), OnnxInputKind.NormalizedNchw), [GraphNames.Score], options,
                    typeof(ImageClassifierTransformer)))
                {
                    var (images, scores) = (ScoringModels.NoiseValues(count, size, seed: 1), new OutputValues(session.Outputs, count));
                    return RepeatedWork.Run(given, count, () => session.Run(images, count, scores));
                }
        }

        TrainedModel Model() => UntrainedModel.Of(UntrainedModel.Architecture(given), size);

        OnnxPrecision Precision() => given.Choice("--precision", OnnxPrecision.Float32);

        byte[] Onnx() => ScoringModels.Onnx(Model(), size, Precision());
    }

    private static void Read(IDataView scored)
    {
        using var cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        var (getter, score) = (cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]), default(VBuffer<float>));
        while (cursor.MoveNext())
            getter(ref score);
    }

    private sealed class NormalizedImage
    {
        [ColumnName(GraphNames.Input)]
        public float[] Pixels { get; set; } = [];
    }
}
