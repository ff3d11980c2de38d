using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>Work on several threads whose first error is thrown as it is, and not as one of several.</summary>
internal static class InParallel
{
    public static void For(int count, int workers, CancellationToken cancellation, Action<int> work)
    {
        try
        {
            Parallel.For(0, count, new() { MaxDegreeOfParallelism = workers, CancellationToken = cancellation }, work);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
