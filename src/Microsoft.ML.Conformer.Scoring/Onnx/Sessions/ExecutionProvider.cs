namespace Microsoft.ML.Conformer;

/// <summary>What ONNX Runtime computes scores on.</summary>
public enum ExecutionProvider
{
    /// <summary>
    /// The CPU, or CUDA on the GPU of MLContext.GpuDeviceId where that is set; the default. A GPU that cannot be used is then an error,
    /// unless MLContext.FallbackToCpu is true. The log says what was chosen.
    /// </summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>
    /// An NVIDIA GPU by CUDA; an error where it cannot be used. The app references Microsoft.ML.OnnxRuntime.Gpu; the CUDA and cuDNN
    /// versions that this needs are installed.
    /// </summary>
    Cuda,

    /// <summary>
    /// An NVIDIA GPU by TensorRT, and by CUDA for what TensorRT cannot compute. As <see cref="Cuda"/>, and TensorRT is installed.
    /// Building its engines takes minutes at the first batch of each size.
    /// </summary>
    TensorRt,
}
