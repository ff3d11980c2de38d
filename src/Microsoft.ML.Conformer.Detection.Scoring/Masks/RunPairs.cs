namespace Microsoft.ML.Conformer.Detection.Masks;

/// <summary>Walks through the runs of two masks of the same size at once: each step is as far as neither changes.</summary>
internal ref struct RunPairs(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
{
    private readonly ReadOnlySpan<int> _first = first, _second = second;
    private int _firstRun, _secondRun, _firstRest, _secondRest;

    /// <summary>Pixels of the step.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the first mask has them.</summary>
    public bool First { get; private set; }

    /// <summary>Whether the second mask has them.</summary>
    public bool Second { get; private set; }

    public bool MoveNext()
    {
        while (_firstRest == 0 && _firstRun < _first.Length)
            (First, _firstRest) = (_firstRun % 2 == 1, _first[_firstRun++]);
        while (_secondRest == 0 && _secondRun < _second.Length)
            (Second, _secondRest) = (_secondRun % 2 == 1, _second[_secondRun++]);
        Length = Math.Min(_firstRest, _secondRest);
        _firstRest -= Length;
        _secondRest -= Length;
        return Length > 0;
    }
}
