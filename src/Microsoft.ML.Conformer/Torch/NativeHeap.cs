using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>
/// How the C library's malloc, from which libtorch has a CPU's tensors, gives memory back to the system. Only glibc's is known.
/// </summary>
internal static partial class NativeHeap
{
    // Of malloc.h: M_TRIM_THRESHOLD and M_MMAP_MAX.
    private const int TrimThreshold = -1, MmapMax = -4;

    /// <summary>What glibc begins with, and what it may set the threshold to by itself later.</summary>
    private const int UsualMmapMax = 65_536, UsualTrimThreshold = 64 << 20;

    private static readonly bool _isUsers = new[]
        { "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_MAX_", "GLIBC_TUNABLES" }
        .Any(variable => Environment.GetEnvironmentVariable(variable) is not null);

    private static readonly Lock _lock = new();
    private static int _users;

    /// <summary>
    /// Freed memory stays for the next allocation until the result is disposed, which gives back what is free. A training step frees and
    /// allocates the same gigabytes as the one before; glibc would give them to the system in between, which costs every page again: up to
    /// a third of a step's time.
    /// </summary>
    public static IDisposable KeepFreed()
    {
        lock (_lock)
        {
            if (_users++ == 0)
                Set(trimThreshold: -1, mmapMax: 0);
            return new Undoing(GiveBack);
        }
    }

    private static void GiveBack()
    {
        lock (_lock)
        {
            if (--_users > 0)
                return;
            Set(UsualTrimThreshold, UsualMmapMax);
            if (!_isUsers && OperatingSystem.IsLinux())
                Call(() => MallocTrim(0));
        }
    }

    /// <summary>Users' own settings, by the variables that glibc reads, stay.</summary>
    private static void Set(int trimThreshold, int mmapMax)
    {
        if (!_isUsers && OperatingSystem.IsLinux())
            Call(() => MallOpt(TrimThreshold, trimThreshold) & MallOpt(MmapMax, mmapMax));
    }

    private static void Call(Func<int> function)
    {
        try
        {
            _ = function();
        }
        catch (EntryPointNotFoundException)
        {
            // musl: it has no such options.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
