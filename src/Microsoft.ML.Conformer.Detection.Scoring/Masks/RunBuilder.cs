namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>Collects the runs of a mask, column by column; those of equal value that follow each other become one.</summary>
internal sealed class RunBuilder
{
    private readonly List<int> _counts = [0];

    private bool IsOn => _counts.Count % 2 == 0;

    public void Add(bool isOn, int length)
    {
        if (length == 0)
            return;
        if (isOn != IsOn)
            _counts.Add(0);
        _counts[^1] += length;
    }

    /// <summary>Lengths of the runs: the first is of pixels outside and may be 0, no other is.</summary>
    public int[] ToCounts() => [.. _counts];
}
