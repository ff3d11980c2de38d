using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Modeling;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Modeling;

[TestClass]
[DoNotParallelize] // the number of threads is the process's
public sealed partial class TorchRuntimeTests
{
    [TestMethod]
    public void TheThreadsAskedForComputeUntilTheyAreGivenBack()
    {
        var before = torch.get_num_threads();
        using (TorchRuntime.UseThreads(before + 1))
            Assert.AreEqual(before + 1, torch.get_num_threads());
        Assert.AreEqual(before, torch.get_num_threads());
    }

    [TestMethod]
    public void WithoutANumberOpenMPsVariableDecidesAndThenTheProcessors()
    {
        var variable = Environment.GetEnvironmentVariable("OMP_NUM_THREADS");
        try
        {
            Environment.SetEnvironmentVariable("OMP_NUM_THREADS", null);
            using (TorchRuntime.UseThreads(null))
                Assert.AreEqual(Environment.ProcessorCount, torch.get_num_threads());
            Environment.SetEnvironmentVariable("OMP_NUM_THREADS", "set");
            using (TorchRuntime.UseThreads(3))
            using (TorchRuntime.UseThreads(null))
                Assert.AreEqual(3, torch.get_num_threads());
        }
        finally
        {
            Environment.SetEnvironmentVariable("OMP_NUM_THREADS", variable);
        }
    }

    [TestMethod]
    public void NativeCodeSeesThatThreadsWaitPassivelyUnlessTheUserHasSaidOtherwise()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("How native code sees the environment is a matter of the system.");

        TorchRuntime.EnsureLoaded();

        var told = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? Environment.GetEnvironmentVariable("GOMP_SPINCOUNT");
        var seen = Marshal.PtrToStringUTF8(NativeVariable("OMP_WAIT_POLICY")) ?? Marshal.PtrToStringUTF8(NativeVariable("GOMP_SPINCOUNT"));
        Assert.AreEqual(told ?? "PASSIVE", seen);
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NativeVariable(string name);
}
