using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>Which numbers to train with, and why.</summary>
internal sealed unsafe record PrecisionChoice(TrainingPrecision Precision, string Reason)
{
    private const int MajorCapability = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    private const int Ampere = 8;

    /// <exception cref="PlatformNotSupportedException">bfloat16 is asked for, and libtorch's autocast cannot be reached.</exception>
    public static PrecisionChoice Of(TrainingPrecision asked, torch.Device device, VisionArchitecture architecture) =>
        device.type == DeviceType.CUDA
            ? Of(asked, Autocast.IsAvailable, isWide: true, () => GpuHasBFloat16(device.index))
            : Of(asked, Autocast.IsAvailable, IsWide(architecture), CpuHasBFloat16);

    internal static PrecisionChoice Of(TrainingPrecision asked, bool haveAutocast, bool isWide, Func<bool> isNative) => asked switch
    {
        TrainingPrecision.Float32 => new(TrainingPrecision.Float32, "as the options say"),
        TrainingPrecision.BFloat16 when !haveAutocast => throw new PlatformNotSupportedException(
            $"Precision is {TrainingPrecision.BFloat16}, but libtorch's autocast cannot be reached in this build of libtorch. Set it to " +
            $"{TrainingPrecision.Float32} or {TrainingPrecision.Auto}."),
        TrainingPrecision.BFloat16 => new(TrainingPrecision.BFloat16, "as the options say"),
        _ when !haveAutocast => new(TrainingPrecision.Float32, "auto: libtorch's autocast cannot be reached in this build of libtorch"),
        _ when !isWide => new(TrainingPrecision.Float32, "auto: the network's narrow convolutions are slower in bfloat16"),
        _ when isNative() => new(TrainingPrecision.BFloat16, "auto: the processor computes with it natively"),
        _ => new(TrainingPrecision.Float32, "auto: the processor does not compute with bfloat16 natively"),
    };

    public override string ToString() => $"{(Precision == TrainingPrecision.BFloat16 ? "bfloat16" : "32-bit floats")} ({Reason})";

    /// <summary>
    /// Whether all convolutions have multiples of 16 channels, as those of the published networks: with fewer, libtorch's in bfloat16 take
    /// about three times as long as in fp32 on a CPU.
    /// </summary>
    internal static bool IsWide(VisionArchitecture architecture) => architecture.StateDict()
        .Where(tensor => tensor.Shape.Count == 4 && tensor.Name.EndsWith(".weight", StringComparison.Ordinal)) // positions have 4 as well
        .All(tensor => tensor.Shape[0] % 16 == 0 && (tensor.Shape[1] % 16 == 0 || tensor.Shape[1] == architecture.InputChannels));

    /// <summary>AVX512-BF16 or AMX-BF16, by the bits that Intel's and AMD's manuals name: .NET does not tell.</summary>
    private static bool CpuHasBFloat16()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
            return false;
        var (subleaves, _, _, edx) = X86Base.CpuId(7, 0);
        var avx512 = subleaves >= 1 && Avx512F.IsSupported && (X86Base.CpuId(7, 1).Eax & 1 << 5) != 0;
        return avx512 || (edx & 1 << 22) != 0;
    }

    private static bool GpuHasBFloat16(int gpu)
    {
        if (!CudaDriver.TryFind("cuDeviceGetAttribute", out var getAttribute))
            return false;
        int major;
        return ((delegate* unmanaged<int*, int, int, int>)getAttribute)(&major, MajorCapability, Math.Max(0, gpu)) == 0 && major >= Ampere;
    }
}
