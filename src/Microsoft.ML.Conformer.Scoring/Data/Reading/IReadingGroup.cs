namespace Microsoft.ML.Conformer.Data.Reading;

/// <summary>Processes of one machine that read the same data view, each of which decodes a part of its images for all.</summary>
internal interface IReadingGroup
{
    /// <summary>This process's place, from 0.</summary>
    int Rank { get; }

    /// <summary>How many processes there are.</summary>
    int Size { get; }

    /// <summary>Gives every process's bytes to all, in the order of ranks, when all have come to this call.</summary>
    /// <param name="own">This process's bytes.</param>
    /// <param name="what">What is exchanged, for errors.</param>
    /// <exception cref="Exception">Another process has failed, which ends the waiting for it.</exception>
    byte[][] Gather(byte[] own, string what);
}
