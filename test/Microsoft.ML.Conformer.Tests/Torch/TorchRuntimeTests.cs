using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Torch;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Torch;

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
    public void WithoutANumberThereAreAsManyAsBeforeButNoMoreThanProcessors()
    {
        var before = torch.get_num_threads();
        try
        {
            foreach (var number in new[] { 1, Environment.ProcessorCount, Environment.ProcessorCount + 3 })
            {
                torch.set_num_threads(number);
                using (TorchRuntime.UseThreads(null))
                    Assert.AreEqual(Math.Min(number, Environment.ProcessorCount), torch.get_num_threads());
                Assert.AreEqual(number, torch.get_num_threads());
            }
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    [TestMethod]
    public void TwoThatOverlapLeaveTheNumberFromBeforeBoth()
    {
        var before = torch.get_num_threads();
        var first = TorchRuntime.UseThreads(before + 1);
        var second = TorchRuntime.UseThreads(before + 2);
        first.Dispose();
        first.Dispose();
        Assert.AreEqual(before + 2, torch.get_num_threads());
        second.Dispose();
        Assert.AreEqual(before, torch.get_num_threads());
    }

    [TestMethod]
    public void NativeCodeSeesThatThreadsWaitBrieflyUnlessTheUserHasSaidOtherwise()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("How native code sees the environment is a matter of the system.");
        string[] variables = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"];
        string?[] told = [.. variables.Select(Environment.GetEnvironmentVariable)];

        TorchRuntime.EnsureLoaded();

        string?[] expected = told.All(value => value is null) ? ["PASSIVE", "1000", null] : told;
        CollectionAssert.AreEqual(expected, variables.Select(variable => Marshal.PtrToStringUTF8(NativeVariable(variable))).ToArray());
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NativeVariable(string name);
}
