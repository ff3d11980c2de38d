namespace Microsoft.ML.Conformer;

/// <summary>What ONNX Runtime computes scores on.</summary>
public enum ExecutionProvider
{
    /// <summary>The CPU; the default.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU by CUDA. The app references Microsoft.ML.OnnxRuntime.Gpu; CUDA 12 and cuDNN 9 are installed.</summary>
    Cuda,

    /// <summary>
    /// An NVIDIA GPU by TensorRT, and by CUDA for what TensorRT cannot compute. As <see cref="Cuda"/>, and TensorRT 10 is installed.
    /// Building its engines takes minutes at the first batch of each size.
    /// </summary>
    TensorRt,
}
