using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML;

/// <summary>
/// Makes estimators that score ONNX models. Columns are named as the model's inputs and outputs. A model from a stream is written to a
/// file in the MLContext's TempFilePath that is never deleted.
/// </summary>
public static class OnnxCatalog
{
    /// <summary>Takes all inputs and gives all outputs of the model in a file.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog, string modelFile, int? gpuDeviceId = null, bool fallbackToCpu = false) =>
        Create(catalog, [], [], modelFile, null, null, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes all inputs and gives all outputs of the model in a stream.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog, Stream modelBytes, int? gpuDeviceId = null, bool fallbackToCpu = false) =>
        Create(catalog, [], [], null, modelBytes, null, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes all inputs and gives all outputs of the model in a file, with other shapes.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string modelFile,
        IDictionary<string, int[]> shapeDictionary,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, [], [], modelFile, null, shapeDictionary, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes all inputs and gives all outputs of the model in a stream, with other shapes.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        Stream modelBytes,
        IDictionary<string, int[]> shapeDictionary,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, [], [], null, modelBytes, shapeDictionary, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes one input and gives one output of the model in a file.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        string modelFile,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, [outputColumnName], [inputColumnName], modelFile, null, null, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes one input and gives one output of the model in a stream.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        Stream modelBytes,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, [outputColumnName], [inputColumnName], null, modelBytes, null, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes one input and gives one output of the model in a file, with other shapes.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        string modelFile,
        IDictionary<string, int[]> shapeDictionary,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, [outputColumnName], [inputColumnName], modelFile, null, shapeDictionary, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes one input and gives one output of the model in a stream, with other shapes.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        Stream modelBytes,
        IDictionary<string, int[]> shapeDictionary,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, [outputColumnName], [inputColumnName], null, modelBytes, shapeDictionary, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes some inputs and gives some outputs of the model in a file.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string[] outputColumnNames,
        string[] inputColumnNames,
        string modelFile,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, outputColumnNames, inputColumnNames, modelFile, null, null, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes some inputs and gives some outputs of the model in a stream.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string[] outputColumnNames,
        string[] inputColumnNames,
        Stream modelBytes,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, outputColumnNames, inputColumnNames, null, modelBytes, null, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes some inputs and gives some outputs of the model in a file, with other shapes.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string[] outputColumnNames,
        string[] inputColumnNames,
        string modelFile,
        IDictionary<string, int[]> shapeDictionary,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, outputColumnNames, inputColumnNames, modelFile, null, shapeDictionary, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes some inputs and gives some outputs of the model in a stream, with other shapes.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string[] outputColumnNames,
        string[] inputColumnNames,
        Stream modelBytes,
        IDictionary<string, int[]> shapeDictionary,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false) =>
        Create(catalog, outputColumnNames, inputColumnNames, null, modelBytes, shapeDictionary, gpuDeviceId, fallbackToCpu);

    /// <summary>Takes some inputs and gives some outputs of the model in a file, with other shapes and protobuf nesting limit.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string[] outputColumnNames,
        string[] inputColumnNames,
        string modelFile,
        IDictionary<string, int[]> shapeDictionary,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false,
        int recursionLimit = 100) =>
        Create(catalog, outputColumnNames, inputColumnNames, modelFile, null, shapeDictionary, gpuDeviceId, fallbackToCpu, recursionLimit);

    /// <summary>Takes some inputs and gives some outputs of the model in a stream, with other shapes and protobuf nesting limit.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(
        this TransformsCatalog catalog,
        string[] outputColumnNames,
        string[] inputColumnNames,
        Stream modelBytes,
        IDictionary<string, int[]> shapeDictionary,
        int? gpuDeviceId = null,
        bool fallbackToCpu = false,
        int recursionLimit = 100) =>
        Create(catalog, outputColumnNames, inputColumnNames, null, modelBytes, shapeDictionary, gpuDeviceId, fallbackToCpu, recursionLimit);

    /// <summary>Scores a model as <paramref name="options"/> say.</summary>
    public static OnnxScoringEstimator ApplyOnnxModel(this TransformsCatalog catalog, OnnxOptions options)
    {
        Contracts.CheckValue(options, nameof(options));
        return Create(catalog, options, null);
    }

    private static OnnxScoringEstimator Create(
        TransformsCatalog catalog,
        string[] outputs,
        string[] inputs,
        string file,
        Stream stream,
        IDictionary<string, int[]> shapes,
        int? gpuDeviceId,
        bool fallbackToCpu,
        int recursionLimit = 100)
    {
        var options = new OnnxOptions
        {
            ModelFile = file,
            InputColumns = inputs,
            OutputColumns = outputs,
            ShapeDictionary = shapes,
            GpuDeviceId = gpuDeviceId,
            FallbackToCpu = fallbackToCpu,
            RecursionLimit = recursionLimit,
        };
        return Create(catalog, options, stream);
    }

    private static OnnxScoringEstimator Create(TransformsCatalog catalog, OnnxOptions options, Stream stream)
    {
        var env = catalog.Environment;
        var file = stream is null ? OnnxModelFile.Of(options) : OnnxModelFile.Copy(env, stream);
        return new(env, new OnnxTransformer(env, OnnxDevice.Resolve(env, options), file));
    }
}
