namespace Microsoft.ML.Conformer;

/// <summary>
/// The numbers that a network computes with while it is trained. Its weights, their gradients, losses and the sums in norms are 32-bit
/// floats in any case, as are validation and the trained model.
/// </summary>
public enum TrainingPrecision
{
    /// <summary>
    /// <see cref="BFloat16"/> where the processor computes with it natively (x64 with AVX512-BF16 or AMX, NVIDIA GPUs from Ampere on) and
    /// libtorch's autocast can be reached, else <see cref="Float32"/>; on a CPU <see cref="Float32"/> too where a convolution's channels
    /// are
    /// no multiples of 16, as they are in the published networks. The log says which.
    /// </summary>
    Auto,

    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>
    /// Layers multiply 16-bit brain floats, by libtorch's autocast; about twice as fast where the processor does it natively. An error
    /// where libtorch's autocast cannot be reached.
    /// </summary>
    BFloat16,
}
