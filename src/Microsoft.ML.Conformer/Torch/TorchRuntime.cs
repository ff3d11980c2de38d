using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>Loads libtorch with threads that suit a machine others use too, and with errors that name the true cause.</summary>
internal static partial class TorchRuntime
{
    private const string WaitPolicy = "OMP_WAIT_POLICY", SpinCount = "GOMP_SPINCOUNT";

    /// <summary>
    /// Variables by which users say how threads wait: OpenMP's own, and those of GCC's and LLVM's (and Intel's) runtimes.
    /// </summary>
    private static readonly string[] _waitVariables = [WaitPolicy, SpinCount, "KMP_BLOCKTIME"];

    private static readonly Lock _lock = new();
    private static bool _loaded;
    private static int _users, _threadsBefore;

    /// <summary>Loads libtorch once, before anything of TorchSharp's is used: OpenMP reads only then how its threads wait.</summary>
    public static void EnsureLoaded()
    {
        lock (_lock)
        {
            if (_loaded)
                return;
            WaitBriefly();
            Load();
            _loaded = true;
            LeaveOutNnpack();
        }
    }

    /// <summary>
    /// Sets how many threads compute until the result is disposed: those asked for, else as many as libtorch has now, but no more than
    /// the processors that are the process's, by its affinity and its container's quota too, which OpenMP does not heed.
    /// </summary>
    /// <param name="threads">
    /// The number asked for, at least 1; null for none. It is the process's: of two at once the later one counts.
    /// </param>
    /// <param name="processors">The process's processors; null (default): all that it may use.</param>
    public static IDisposable UseThreads(int? threads, int? processors = null)
    {
        EnsureLoaded();
        lock (_lock)
        {
            if (_users++ == 0)
                _threadsBefore = torch.get_num_threads();
            SetThreads(threads ?? Math.Min(_threadsBefore, processors ?? Environment.ProcessorCount));
            return new Undoing(RestoreThreads);
        }
    }

    private static void RestoreThreads()
    {
        lock (_lock)
            if (--_users == 0)
                SetThreads(_threadsBefore);
    }

#pragma warning disable RS0030 // banned elsewhere; the number is at least 1 here
    private static void SetThreads(int threads) => torch.set_num_threads(threads);
#pragma warning restore RS0030

    /// <summary>
    /// OpenMP's threads spin for milliseconds when they have nothing to do. Where another process wants the processor, each of thousands of
    /// waits in a training step then lasts until the scheduler steps in, and training takes many times as long. With some ten microseconds
    /// (GCC's runtime counts 100 to each) most of the next work comes in time, which a sleeping thread would have to be woken for.
    /// </summary>
    private static void WaitBriefly()
    {
        if (_waitVariables.Any(variable => Environment.GetEnvironmentVariable(variable) is not null))
            return;
        SetVariable(WaitPolicy, "PASSIVE");
        SetVariable(SpinCount, "1000");
    }

    /// <summary>Sets an environment variable for native code, unless the user has.</summary>
    public static void SetVariable(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) is not null)
            return;
        if (OperatingSystem.IsWindows())
            Environment.SetEnvironmentVariable(name, value);
        else
            _ = SetNativeVariable(name, value, 0); // .NET's own copy of the environment does not reach native code here
    }

    private static void Load()
    {
        Exception? cause = null;
        try
        {
            // By hand first, to learn what is wrong: TorchSharp says of every failure that a package is missing, and tries again with
            // copies of NuGet's packages that it makes beside the app.
            NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null);
        }
        catch (DllNotFoundException e) when (TorchLoadFault.IsOldLibstdcxx(e.Message))
        {
            throw new DllNotFoundException(TorchLoadFault.Describe(e.Message, TorchLoadFault.ThisSystem), e);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
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
            throw new DllNotFoundException(TorchLoadFault.Describe(message, TorchLoadFault.ThisSystem), e);
        }
    }

    /// <summary>
    /// With one thread libtorch asks NNPACK for each convolution, and where that does not know the processor, a line goes to the error
    /// stream each time: thousands in an epoch. oneDNN, which comes next, is what more threads use.
    /// </summary>
    private static unsafe void LeaveOutNnpack()
    {
        if (TorchNative.TryFind("_ZN2at13globalContextEv", out var context) &&
            TorchNative.TryFind("_ZN2at7Context20setUserEnabledNNPACKEb", out var setNnpack))
            ((delegate* unmanaged<nint, byte, void>)setNnpack)(((delegate* unmanaged<nint>)context)(), 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetNativeVariable(string name, string value, int overwrite);
}
