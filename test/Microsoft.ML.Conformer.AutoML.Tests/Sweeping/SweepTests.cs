using Conformer.Cli.Sweeping;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class SweepTests
{
    private static readonly DateTime _begin = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [TestMethod]
    public void TrialsThatRanAtOnceCountOnceForTheTimeBudget()
    {
        Assert.AreEqual(0, Sweep.SecondsOf([]));
        Assert.AreEqual(35, Sweep.SecondsOf([Trial(100, 5), Trial(0, 10), Trial(0, 30), Trial(12, 6)]), 1e-6);
        Assert.AreEqual(40, Sweep.SecondsOf([Trial(0, 10), Trial(10, 30)]), 1e-6);
    }

    private static TrialRecord Trial(double begin, double seconds) => new()
    {
        Id = 0,
        Outcome = TrialOutcome.Failed,
        Parameter = Parameter.CreateNestedParameter(),
        StartedAtUtc = _begin.AddSeconds(begin),
        Seconds = seconds,
    };
}
