using Microsoft.ML.Conformer.Torch;

// Two at once, since tests that start programs often wait for them, and many a step uses one core. What changes or measures something of
// the whole process is marked with [DoNotParallelize], and runs alone after all others.
[assembly: Parallelize(Workers = Microsoft.ML.Conformer.Tests.TestAssembly.TestsAtOnce, Scope = ExecutionScope.ClassLevel)]

namespace Microsoft.ML.Conformer.Tests;

[TestClass]
public static class TestAssembly
{
    internal const int TestsAtOnce = 2;

    /// <summary>As the library does it, and before any test uses TorchSharp by itself.</summary>
    [AssemblyInitialize]
    public static void LoadTorch(TestContext context)
    {
        LeaveThreads();
        try
        {
            TorchRuntime.EnsureLoaded();
        }
        catch (DllNotFoundException e)
        {
            context.WriteLine($"Tests that train will fail: {e.Message}"); // the others need no libtorch
        }
    }

    /// <summary>
    /// The tests hold threads of the thread pool while they wait. It begins with one thread a core: where two tests hold both, what they
    /// wait for would begin only when the pool adds one.
    /// </summary>
    private static void LeaveThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        Assert.IsTrue(ThreadPool.SetMinThreads(workers + TestsAtOnce, completions));
    }
}
