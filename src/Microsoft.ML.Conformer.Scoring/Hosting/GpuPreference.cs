namespace Microsoft.ML.Conformer.Hosting;

/// <summary>What the caller's MLContext says of GPUs. It counts where options leave the device open.</summary>
/// <param name="DeviceId">MLContext.GpuDeviceId: the GPU to use, from 0; null where it is not set.</param>
/// <param name="FallbackToCpu">MLContext.FallbackToCpu: whether the CPU may take the place of that GPU.</param>
internal sealed record GpuPreference(int? DeviceId, bool FallbackToCpu);
