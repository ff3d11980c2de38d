namespace Microsoft.ML.Conformer;

/// <summary>
/// Another rank of a distributed run failed, ended or did not come to where all wait for each other. The ranks cannot train together any
/// more: end the process, and start all of them anew.
/// </summary>
public sealed class RankFailedException : InvalidOperationException
{
    internal RankFailedException(string message, int rank) : base(message) => Rank = rank;

    /// <summary>The rank that failed, from 0; the first of them where there are several.</summary>
    public int Rank { get; }
}
