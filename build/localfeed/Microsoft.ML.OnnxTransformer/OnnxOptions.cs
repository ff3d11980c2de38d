namespace Microsoft.ML.Transforms.Onnx;

/// <summary>How to score an ONNX model.</summary>
public sealed class OnnxOptions
{
    /// <summary>The model's path.</summary>
    public string ModelFile;

    /// <summary>The input columns, named as the model's inputs; none for all inputs.</summary>
    public string[] InputColumns;

    /// <summary>The output columns, named as the model's outputs; none for all outputs.</summary>
    public string[] OutputColumns;

    /// <summary>The CUDA device; default the MLContext's, and null is the CPU.</summary>
    public int? GpuDeviceId;

    /// <summary>Whether to go on with the CPU where CUDA cannot be used.</summary>
    public bool FallbackToCpu;

    /// <summary>Shapes to use in place of the model's, by input and output name.</summary>
    public IDictionary<string, int[]> ShapeDictionary;

    /// <summary>How deep the model's protobuf messages may nest.</summary>
    public int RecursionLimit = 100;

    /// <summary>Threads across operators; null lets ONNX Runtime choose.</summary>
    public int? InterOpNumThreads;

    /// <summary>Threads within an operator; null lets ONNX Runtime choose.</summary>
    public int? IntraOpNumThreads;
}
