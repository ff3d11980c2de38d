using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>The memory that this process holds: all of it, so that tests that measure it must run alone.</summary>
internal static partial class ResidentMemory
{
    /// <summary>What is left, in bytes, once the garbage collector and (with glibc) malloc have given back what they can.</summary>
    public static long Bytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        TrimNativeHeap();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>
    /// Repeats a piece of work and fails where memory grew from the first third of the blocks to the last. Their medians are compared,
    /// so that one block in which the process compiled or cached something does not count.
    /// </summary>
    /// <param name="blocks">How often to do the work; memory is measured after each.</param>
    /// <param name="work">The work.</param>
    /// <param name="allowedGrowth">Bytes.</param>
    public static void AssertFlat(int blocks, Action work, long allowedGrowth)
    {
        var measured = new List<long>();
        for (var block = 0; block < blocks; block++)
        {
            work();
            measured.Add(Bytes());
        }
        AssertFlat(measured, allowedGrowth);
    }

    /// <summary>Fails where memory that was measured again and again grew from the first third of the times to the last.</summary>
    /// <param name="measured">Bytes, in the order of time.</param>
    /// <param name="allowedGrowth">Bytes.</param>
    public static void AssertFlat(List<long> measured, long allowedGrowth)
    {
        var third = measured.Count / 3;
        var (first, last) = (Median(measured[..third]), Median(measured[^third..]));
        var all = string.Join(", ", measured.Select(bytes => $"{bytes / 1e6:f1}"));
        Assert.IsTrue(last - first <= allowedGrowth, $"resident memory grew from {first / 1e6:f1} to {last / 1e6:f1} MB: {all}");
    }

    private static long Median(IReadOnlyCollection<long> values) => values.Order().ElementAt(values.Count / 2);

    private static void TrimNativeHeap()
    {
        try
        {
            MallocTrim(0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library: freed pages may stay, but they stay from the first block on.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
