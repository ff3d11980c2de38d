using System.Runtime.CompilerServices;
using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>
/// A test that fails where a tensor made on its thread is alive at its end. What waits for the garbage collector counts as alive: between
/// two collections such tensors fill the memory of a device, of whose size the collector knows nothing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LeakCheckedTestMethodAttribute(
    [CallerFilePath] string callerFilePath = "", [CallerLineNumber] int callerLineNumber = -1)
    : TestMethodAttribute(callerFilePath, callerLineNumber)
{
    public override async Task<TestResult[]> ExecuteAsync(ITestMethod testMethod)
    {
        var tensors = DisposeScopeManager.Statistics.TensorStatistics; // this thread's
        var before = tensors.ThreadTotalLiveCount;
        var results = await base.ExecuteAsync(testMethod);
        var leaked = tensors.ThreadTotalLiveCount - before;
        foreach (var result in results)
            if (leaked != 0 && result.Outcome == UnitTestOutcome.Passed)
            {
                result.Outcome = UnitTestOutcome.Failed;
                result.TestFailureException = new AssertFailedException($"{testMethod.TestMethodName} leaves {leaked} tensors undisposed.");
            }
        return results;
    }
}
