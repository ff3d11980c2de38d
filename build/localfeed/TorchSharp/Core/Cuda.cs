using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>CUDA devices. Every question can be asked of a libtorch without CUDA too.</summary>
    public static partial class cuda
    {
        public static bool is_available() => Boxed.CudaDeviceCount() > 0;

        public static bool is_cudnn_available() => Boxed.CudnnAvailable() != 0;

        public static int device_count() => Boxed.CudaDeviceCount();

        public static void manual_seed(long seed) => Boxed.Check(Boxed.CudaManualSeed((ulong)seed, 0));

        public static void manual_seed_all(long seed) => Boxed.Check(Boxed.CudaManualSeed((ulong)seed, 1));

        /// <summary>Waits for the work queued on a device (null: the current one).</summary>
        public static void synchronize(Device? device = null) => Boxed.Check(Boxed.CudaSynchronize(device?.index ?? -1));
    }
}
