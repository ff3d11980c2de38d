using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Models;

/// <summary>A model as a chain of ML.NET's, ImageAnalytics' and OnnxTransformer's steps: its zip loads without this library.</summary>
/// <remarks>
/// Images that already have the network's size get the same scores as here. Others are resized by ResizeImages, which crops to the
/// whole shorter side and filters differently, so that their scores differ: enough to change the class of one photo in ten
/// (docs/benchmarks.md).
/// </remarks>
internal sealed class PortablePipeline : IDisposable
{
    private const string Photo = "__ConformerPhoto", Loaded = "__ConformerLoaded", Resized = "__ConformerResized",
        ClassCode = "__ConformerClassCode", ClassLabel = "__ConformerClassLabel";

    private readonly TemporaryFile _file;

    private PortablePipeline(TemporaryFile file, ITransformer chain) => (_file, Chain) = (file, chain);

    public ITransformer Chain { get; }

    /// <summary>Builds the chain that scores around a temporary ONNX file, which lives until <see cref="Dispose"/>.</summary>
    public static PortablePipeline Create(IHostEnvironment environment, ScorableModel model) =>
        Create(environment, model.WritePortableOnnx, file => Build(environment, model, file));

    /// <summary>As <see cref="Create(IHostEnvironment, ScorableModel)"/>, with columns of features in place of scores.</summary>
    public static PortablePipeline Create(
        IHostEnvironment environment, ScorableModel model, IReadOnlyList<FeatureOutput> features, IReadOnlyList<OnnxOutput> outputs)
    {
        return Create(environment, WriteOnnx, file => Build(environment, model, features, file));

        void WriteOnnx(Stream destination)
        {
            using var onnx = new MemoryStream();
            model.WritePortableOnnx(onnx);
            destination.Write(OnnxGraphOutputs.Add(onnx.ToArray(), outputs.Select(output => new ValueInfoProto(
                output.Name, OnnxElementType.Float, [OnnxDimension.Batch, .. output.Shape.Select(size => (OnnxDimension)size)]))));
        }
    }

    public void Dispose()
    {
        (Chain as IDisposable)?.Dispose();
        _file.Dispose();
    }

    private static PortablePipeline Create(IHostEnvironment environment, Action<Stream> writeOnnx, Func<string, ITransformer> build)
    {
        // OnnxTransformer needs a file, at Save too; from a stream it would write one of its own and never delete it.
        var folder = CallerEnvironment.TempFolder(environment);
        Directory.CreateDirectory(folder);
        var file = new TemporaryFile(folder, writeOnnx);
        try
        {
            return new PortablePipeline(file, build(file.Path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static ITransformer Build(IHostEnvironment environment, ScorableModel model, string onnxFile)
    {
        var context = ContextOn(environment);
        var (transforms, data, columns) = (context.Transforms, context.Data, model.Columns);
        var hash = HashWithoutCollisions(transforms, data, model.Labels.Count, out var codes);

        IEstimator<ITransformer> pipeline = Network(transforms, model, onnxFile, [GraphNames.Score, GraphNames.ClassIndex])
            // ClassIndex is a vector of one number, from which only Hash makes a scalar; its label follows from a table of the hashes.
            .Append(hash)
            .Append(transforms.Conversion.ConvertType(ClassCode, outputKind: DataKind.UInt32))
            .Append(model.Labels.MapFromCodes(transforms, ClassLabel, ClassCode, codes));
        pipeline = Results(transforms, pipeline, model, [GraphNames.ClassIndex, ClassCode], [(GraphNames.Score, columns.Score)])
            .Append(transforms.Conversion.MapValueToKey(columns.PredictedLabel, ClassLabel, keyData: model.Labels.ToKeyData(data)))
            .Append(transforms.DropColumns(ClassLabel));
        return pipeline.Fit(NoImages(data, model));
    }

    private static ITransformer Build(
        IHostEnvironment environment, ScorableModel model, IReadOnlyList<FeatureOutput> features, string onnxFile)
    {
        var context = ContextOn(environment);
        var pipeline = Network(context.Transforms, model, onnxFile, [.. features.Select(feature => feature.Output)]);
        return Results(context.Transforms, pipeline, model, [], [.. features.Select(feature => (feature.Output, feature.ColumnName))])
            .Fit(NoImages(context.Data, model));
    }

    /// <summary>Not the caller's own context: OnnxTransformer would open a session on its GPU, and saving must not need one.</summary>
    private static MLContext ContextOn(IHostEnvironment environment) =>
        new(seed: 0) { TempFilePath = CallerEnvironment.TempFolder(environment) };

    /// <summary>From the image column to the graph's outputs, which are columns named as in the graph.</summary>
    private static IEstimator<ITransformer> Network(TransformsCatalog transforms, ScorableModel model, string onnxFile, string[] outputs)
    {
        IEstimator<ITransformer> images = model.IsOfFiles
            ? transforms.LoadImages(Loaded, imageFolder: null, Photo)
            : transforms.CopyColumns(Loaded, Photo);
        return transforms.CopyColumns(Photo, model.Columns.Image)
            .Append(images)
            .Append(transforms.ResizeImages(Resized, model.ImageSize, model.ImageSize, Loaded))
            .Append(transforms.ExtractPixels(GraphNames.Input, Resized))
            .Append(transforms.ApplyOnnxModel(new Transforms.Onnx.OnnxOptions
            {
                ModelFile = onnxFile,
                InputColumns = [GraphNames.Input],
                OutputColumns = outputs,
                IntraOpNumThreads = new ScoringOptions().ThreadCount, // not kept in the file
            }));
    }

    /// <summary>Gives outputs their columns' names, by way of temporary ones, as any may be taken; drops what is temporary.</summary>
    private static IEstimator<ITransformer> Results(
        TransformsCatalog transforms, IEstimator<ITransformer> pipeline, ScorableModel model, IEnumerable<string> temporary,
        IReadOnlyList<(string Output, string Column)> results)
    {
        string Kept(int result) => $"__ConformerResult{result}";
        for (var i = 0; i < results.Count; i++)
            pipeline = pipeline.Append(transforms.CopyColumns(Kept(i), results[i].Output));
        pipeline = pipeline.Append(transforms.DropColumns(
            [Loaded, Resized, GraphNames.Input, .. temporary, .. results.Select(result => result.Output)]));

        var image = model.Columns.Image;
        if (image == GraphNames.Input || temporary.Contains(image) || results.Any(result => result.Output == image))
            pipeline = pipeline.Append(transforms.CopyColumns(image, Photo)); // the drop before took it along
        for (var i = 0; i < results.Count; i++)
            pipeline = pipeline.Append(transforms.CopyColumns(results[i].Column, Kept(i)));
        return pipeline.Append(transforms.DropColumns([Photo, .. Enumerable.Range(0, results.Count).Select(Kept)]));
    }

    /// <summary>A Hash estimator that gives each class index another code, and the codes.</summary>
    private static IEstimator<ITransformer> HashWithoutCollisions(
        TransformsCatalog transforms, DataOperationsCatalog data, int classCount, out uint[] codes)
    {
        var indices = data.LoadFromEnumerable(Enumerable.Range(0, classCount).Select(index => new ClassIndexRow { ClassIndex = [index] }));
        for (var seed = 1u; ; seed++)
        {
            var hash = transforms.Conversion.Hash(
                new HashingEstimator.ColumnOptions(ClassCode, GraphNames.ClassIndex, numberOfBits: 31, seed, combine: true));
            var hashed = hash.Append(transforms.Conversion.ConvertType(ClassCode, outputKind: DataKind.UInt32))
                .Fit(indices).Transform(indices);
            codes = [.. hashed.GetColumn<uint>(ClassCode)];
            if (codes.Distinct().Count() == classCount)
                return hash;
        }
    }

    private static IDataView NoImages(DataOperationsCatalog data, ScorableModel model)
    {
        return model.IsOfFiles ? Empty<FileRow>(nameof(FileRow.Path)) : Empty<ImageRow>(nameof(ImageRow.Image));

        IDataView Empty<T>(string column) where T : class
        {
            var schema = SchemaDefinition.Create(typeof(T));
            schema[column].ColumnName = model.Columns.Image;
            return data.LoadFromEnumerable(Array.Empty<T>(), schema);
        }
    }

    private sealed class ImageRow
    {
        [ImageType(1, 1)] // LoadFromEnumerable asks for a size; ResizeImages takes any.
        public MLImage? Image { get; set; }
    }

    private sealed class FileRow
    {
        public string? Path { get; set; }
    }

    private sealed class ClassIndexRow
    {
        [VectorType(1, 1)] // as OnnxTransformer gives it
        public long[] ClassIndex { get; set; } = [];
    }
}
