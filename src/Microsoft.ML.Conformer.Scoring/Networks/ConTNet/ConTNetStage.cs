namespace Microsoft.ML.Conformer;

/// <summary>One stage of a ConTNet: blocks of two transformer encoders and a convolution, the last of which doubles the channels.</summary>
public sealed record ConTNetStage
{
    /// <summary>Number of blocks, 1-1023. Default 1.</summary>
    public int Blocks { get; init; } = 1;

    /// <summary>Hidden width of the encoders' MLP, 1-65536.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Number of attention heads, a divisor of the stage's channels.</summary>
    public required int NumHeads { get; init; }

    /// <summary>Side in pixels of the feature map of the windows in which a block's first encoder attends, 1-64. Default 7.</summary>
    public int FirstWindow { get; init; } = 7;

    /// <summary>The side of the second encoder's windows, 1-64. Default 14; 7 in the published networks' last stage.</summary>
    public int SecondWindow { get; init; } = 14;

    /// <summary>
    /// While training, the chance, 0 to below 1, with which a value is dropped after attention's projection and in the MLP. Default 0.
    /// </summary>
    public double DropRate { get; init; }

    /// <summary>What is wrong with a stage of so many channels, one sentence for each fault.</summary>
    internal IEnumerable<string> Faults(long channels)
    {
        const int maxWindow = 64;
        foreach (var (name, value, most) in new[]
        {
            (nameof(Blocks), Blocks, ConTNetArchitecture.MaxBlocks), (nameof(MlpWidth), MlpWidth, ConTNetArchitecture.MaxWidth),
            (nameof(FirstWindow), FirstWindow, maxWindow), (nameof(SecondWindow), SecondWindow, maxWindow),
        })
            if (value < 1 || value > most)
                yield return $"{name} is {value}; it must be 1-{most}.";
        if (NumHeads < 1 || channels % NumHeads != 0)
            yield return $"{nameof(NumHeads)} is {NumHeads}; it must be a divisor of the stage's {channels} channels.";
        if (!(DropRate is >= 0 and < 1))
            yield return FormattableString.Invariant($"{nameof(DropRate)} is {DropRate}; it must be 0 to below 1.");
    }
}
