using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Conformer.Modeling;

/// <summary>Loads libtorch with threads that suit a machine others use too, and with errors that name the true cause.</summary>
internal static partial class TorchRuntime
{
    private const string WaitPolicy = "OMP_WAIT_POLICY";

    private static readonly Lock _lock = new();
    private static bool _loaded;

    /// <summary>
    /// Loads libtorch, if nobody has yet. Must come before anything of TorchSharp's is used: OpenMP reads how its threads wait only once.
    /// </summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message says why and what to do.</exception>
    public static void EnsureLoaded()
    {
        lock (_lock)
        {
            if (_loaded)
                return;
            WaitPassively();
            Load();
            _loaded = true;
        }
    }

    /// <summary>
    /// Sets how many threads compute until the result is disposed: those asked for, else what OMP_NUM_THREADS says, else one for each
    /// processor that the process may use, as its affinity and its container's quota have it. OpenMP by itself heeds no quota.
    /// </summary>
    /// <param name="threads">The number asked for, at least 1; null for none.</param>
    public static IDisposable UseThreads(int? threads)
    {
        EnsureLoaded();
        var before = torch.get_num_threads();
        var variable = Environment.GetEnvironmentVariable("OMP_NUM_THREADS");
        torch.set_num_threads(threads ?? (string.IsNullOrEmpty(variable) ? Environment.ProcessorCount : before));
        return new ThreadsBefore(before);
    }

    /// <summary>
    /// OpenMP's threads spin for a while when they have nothing to do. Where another process wants the processor, each of thousands of
    /// waits in a training step then lasts until the scheduler steps in, and training takes many times as long.
    /// </summary>
    private static void WaitPassively()
    {
        if (Environment.GetEnvironmentVariable(WaitPolicy) is not null || Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") is not null)
            return;
        if (OperatingSystem.IsWindows())
            Environment.SetEnvironmentVariable(WaitPolicy, "PASSIVE");
        else
            _ = SetNativeVariable(WaitPolicy, "PASSIVE", 0); // .NET's own copy of the environment does not reach native code here
    }

    private static void Load()
    {
        DllNotFoundException? cause = null;
        try
        {
            // By hand at first: TorchSharp says of every failure that a package is missing, after copying 0.6 GB beside the app in vain.
            NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
        }
        catch (DllNotFoundException e) when (TorchLoadFault.IsOldLibstdcxx(e.Message))
        {
            throw new DllNotFoundException(TorchLoadFault.Describe(e.Message, RuntimeInformation.RuntimeIdentifier), e);
        }
        catch (DllNotFoundException e)
        {
            cause = e;
        }
        try
        {
            _ = torch.get_num_threads(); // TorchSharp looks in more places
        }
        catch (TypeInitializationException e)
        {
            var message = cause?.Message ?? e.InnerException?.Message ?? e.Message;
            throw new DllNotFoundException(TorchLoadFault.Describe(message, RuntimeInformation.RuntimeIdentifier), e);
        }
    }

    private sealed class ThreadsBefore(int count) : IDisposable
    {
        public void Dispose() => torch.set_num_threads(count);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);
}
