namespace Microsoft.ML.Conformer;

/// <summary>Where a network is trained.</summary>
public enum TrainingDevice
{
    /// <summary>
    /// The GPU of MLContext.GpuDeviceId where that is set: one that cannot be used is an error then, unless MLContext.FallbackToCpu is
    /// true. Where it is not set, the first CUDA GPU if there is a usable one, else the CPU. The log says which. Of processes that train
    /// together, the first one on a machine takes the first GPU, the second one the second.
    /// </summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>
    /// The GPU of MLContext.GpuDeviceId, or the first one where that is not set; an error where it cannot be used, never a silent fall
    /// back to the CPU.
    /// </summary>
    Cuda,
}
