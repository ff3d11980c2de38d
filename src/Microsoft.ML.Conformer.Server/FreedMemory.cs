using System.Runtime.InteropServices;

namespace Conformer.Server;

/// <summary>Memory that is free: .NET and the C library keep it until something else is allocated, which may be hours later.</summary>
internal static class FreedMemory
{
    /// <summary>Collects garbage, and gives all free memory back to the system.</summary>
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = TrimHeap(0);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library than glibc, which keeps less.
        }
    }

    [DllImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static extern int TrimHeap(nuint keep);
}
