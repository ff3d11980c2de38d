namespace Microsoft.ML.Conformer;

/// <summary>Where a network is trained.</summary>
public enum TrainingDevice
{
    /// <summary>The first CUDA GPU where there is a usable one, else the CPU; the log says which.</summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>The first CUDA GPU; an error where there is none, never a silent fall back to the CPU.</summary>
    Cuda,
}
