using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>
/// A model as a chain of ML.NET's own transformers: its zip loads in an app that has Microsoft.ML, ImageAnalytics and OnnxTransformer and
/// nothing of this library.
/// </summary>
/// <remarks>
/// Images that already have the network's size get the same scores as here. Others are resized by ResizeImages, which crops to the
/// whole shorter side and filters differently, so that their scores differ: enough to change the class of one photo in ten
/// (docs/benchmarks.md).
/// </remarks>
internal sealed class PortablePipeline : IDisposable
{
    private const string Resized = "__ConformerResized", ClassCode = "__ConformerClassCode", ClassLabel = "__ConformerClassLabel";

    private readonly DirectoryInfo _folder;

    private PortablePipeline(DirectoryInfo folder, ITransformer chain) => (_folder, Chain) = (folder, chain);

    public ITransformer Chain { get; }

    /// <summary>Builds the chain around an ONNX file in a temporary folder, which lives until <see cref="Dispose"/>.</summary>
    public static PortablePipeline Create(ScorableModel model)
    {
        // OnnxTransformer needs a file, at Save too; from a stream it would write one of its own and never delete it.
        var folder = Directory.CreateTempSubdirectory($"conformer-{Environment.ProcessId}-");
        try
        {
            var file = Path.Combine(folder.FullName, "model.onnx");
            using (var stream = File.Create(file))
                model.WritePortableOnnx(stream);
            return new PortablePipeline(folder, Build(model, file));
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    public void Dispose()
    {
        (Chain as IDisposable)?.Dispose();
        _folder.Delete(recursive: true);
    }

    private static ITransformer Build(ScorableModel model, string onnxFile)
    {
        var context = new MLContext(seed: 0);
        var (transforms, columns) = (context.Transforms, model.Columns);
        var hash = HashWithoutCollisions(context, model.Labels.Count, out var codes);

        var chain = transforms.ResizeImages(Resized, model.ImageSize, model.ImageSize, columns.Image)
            .Append(transforms.ExtractPixels(
                ConformerGraph.Input, Resized, interleavePixelColors: model.PortableInputKind == OnnxInputKind.PixelsNhwc))
            .Append(transforms.ApplyOnnxModel([ConformerGraph.Score, ConformerGraph.ClassIndex], [ConformerGraph.Input], onnxFile))
            // ClassIndex is a vector of one number, from which only Hash makes a scalar; its label follows from a table of the hashes.
            .Append(hash)
            .Append(transforms.Conversion.ConvertType(ClassCode, outputKind: DataKind.UInt32))
            .Append(model.Labels.MapFromCodes(transforms, ClassLabel, ClassCode, codes))
            .Append(transforms.Conversion.MapValueToKey(columns.PredictedLabel, ClassLabel, keyData: model.Labels.ToKeyData(context.Data)));
        List<string> temporary = [Resized, ConformerGraph.Input, ConformerGraph.ClassIndex, ClassCode, ClassLabel];
        IEstimator<ITransformer> pipeline = chain;
        if (columns.Score != ConformerGraph.Score)
        {
            pipeline = chain.Append(transforms.CopyColumns(columns.Score, ConformerGraph.Score));
            temporary.Add(ConformerGraph.Score);
        }
        return pipeline.Append(transforms.DropColumns([.. temporary])).Fit(NoImages(context, columns.Image));
    }

    /// <summary>A Hash estimator that gives each class index another code, and the codes.</summary>
    private static IEstimator<ITransformer> HashWithoutCollisions(MLContext context, int classCount, out uint[] codes)
    {
        var indices = context.Data.LoadFromEnumerable(
            Enumerable.Range(0, classCount).Select(index => new ClassIndexRow { ClassIndex = [index] }));
        for (var seed = 1u; ; seed++)
        {
            var hash = context.Transforms.Conversion.Hash(
                new HashingEstimator.ColumnOptions(ClassCode, ConformerGraph.ClassIndex, numberOfBits: 31, seed, combine: true));
            var hashed = hash.Append(context.Transforms.Conversion.ConvertType(ClassCode, outputKind: DataKind.UInt32))
                .Fit(indices).Transform(indices);
            codes = [.. hashed.GetColumn<uint>(ClassCode)];
            if (codes.Distinct().Count() == classCount)
                return hash;
        }
    }

    private static IDataView NoImages(MLContext context, string imageColumnName)
    {
        var schema = SchemaDefinition.Create(typeof(ImageRow));
        schema[nameof(ImageRow.Image)].ColumnName = imageColumnName;
        return context.Data.LoadFromEnumerable(Array.Empty<ImageRow>(), schema);
    }

    private sealed class ImageRow
    {
        [ImageType(1, 1)] // LoadFromEnumerable asks for a size; ResizeImages takes any.
        public MLImage? Image { get; set; }
    }

    private sealed class ClassIndexRow
    {
        [VectorType(1, 1)] // as OnnxTransformer gives it
        public long[] ClassIndex { get; set; } = [];
    }
}
