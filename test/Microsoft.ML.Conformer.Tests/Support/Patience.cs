namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>How long tests wait for what should come to pass.</summary>
internal static class Patience
{
    /// <summary>Enough for a busy machine, and well below the five minutes after which the runner ends a test that hangs.</summary>
    public const int Milliseconds = 120_000;

    /// <inheritdoc cref="Milliseconds"/>
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(Milliseconds);

    /// <summary>Waits for something that another thread or process brings about.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var limit = DateTime.UtcNow + Limit;
        while (!condition())
        {
            Assert.IsTrue(DateTime.UtcNow < limit, $"Waited in vain until {what}.");
            await Task.Delay(20);
        }
    }
}
