using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Distributed;

/// <summary>What the ranks compute on: all on the CPU, or each on a GPU of its own.</summary>
internal static unsafe class RankDevices
{
    private const int IdLength = 16;

    /// <summary>Compares the ranks' devices; all ranks call it.</summary>
    /// <exception cref="InvalidOperationException">Ranks share a GPU, or some have none; the same on all ranks.</exception>
    public static void Check(ICollective all, Device device)
    {
        var machine = $"machine {VisibleText.Of(Environment.MachineName)}";
        if (device.type == DeviceType.CUDA)
            Check(all, IdOf(device.index), $"GPU {device.index} of {machine}");
        else
            Check(all, Guid.Empty, $"the CPU of {machine}");
    }

    /// <param name="all">The ranks.</param>
    /// <param name="gpu">What tells this rank's GPU from all others, on whatever machine; empty for the CPU.</param>
    /// <param name="name">The device in words.</param>
    internal static void Check(ICollective all, Guid gpu, string name)
    {
        var devices = all.Gather([.. gpu.ToByteArray(), .. Encoding.UTF8.GetBytes(name)], "the ranks' devices")
            .Select((bytes, rank) =>
                (Rank: rank, Gpu: new Guid(bytes.AsSpan(0, IdLength)), Name: Encoding.UTF8.GetString(bytes.AsSpan(IdLength))))
            .ToLookup(device => device.Gpu);
        if (devices.Count > 1 && devices[Guid.Empty].FirstOrDefault() is { Name: not null } onCpu)
        {
            var onGpu = devices.First(device => device.Key != Guid.Empty).First();
            throw new InvalidOperationException(
                $"Rank {onCpu.Rank} computes on {onCpu.Name}, but rank {onGpu.Rank} on {onGpu.Name}. All ranks must compute on GPUs, " +
                "or all on the CPU: set Device to Cuda to learn why a rank has no GPU, or to Cpu.");
        }
        if (devices.FirstOrDefault(device => device.Key != Guid.Empty && device.Count() > 1) is { } shared)
            throw new InvalidOperationException(
                $"Ranks {string.Join(" and ", shared.Select(device => device.Rank))} compute on the same one, {shared.First().Name}. " +
                "Each rank needs a GPU of its own: start no more ranks on a machine than it has GPUs (mpirun -n, slots of a host file), " +
                "leave MLContext.GpuDeviceId unset, and let CUDA_VISIBLE_DEVICES show each rank all GPUs or one of its own. Or set " +
                "Device to Cpu.");
    }

    /// <summary>
    /// The GPU's UUID. Its place on the bus is the same on machines that are made alike, whose names may be the same too, as in containers.
    /// </summary>
    private static Guid IdOf(int gpu)
    {
        int device;
        Guid id;
        return CudaDriver.TryFind("cuDeviceGet", out var getDevice) &&
            ((delegate* unmanaged<int*, int, int>)getDevice)(&device, gpu) == 0 &&
            CudaDriver.TryFind("cuDeviceGetUuid", out var getId) &&
            ((delegate* unmanaged<Guid*, int, int>)getId)(&id, device) == 0
            ? id : Guid.NewGuid(); // where the driver does not tell, none is taken to be shared
    }
}
