namespace Microsoft.ML.Data;

/// <summary>
/// Where the input's columns and the added ones are in a transformer's output: an added column comes right after the last one that it
/// hides, or at the end.
/// </summary>
internal sealed class ColumnBindings
{
    private readonly int[] _sources;

    public ColumnBindings(DataViewSchema input, DataViewSchema.DetachedColumn[] added)
    {
        InputSchema = input;
        // An added column number i is noted as ~i.
        var sources = Enumerable.Range(0, input.Count).ToList();
        string NameOf(int source) => source >= 0 ? input[source].Name : added[~source].Name;
        for (var i = 0; i < added.Length; i++)
        {
            var hidden = sources.FindLastIndex(source => NameOf(source) == added[i].Name);
            sources.Insert(hidden >= 0 ? hidden + 1 : sources.Count, ~i);
        }
        _sources = sources.ToArray();
        Schema = DataViewSchema.Create(_sources.Select(source => source >= 0 ? new(input[source]) : added[~source]));
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema Schema { get; }

    /// <summary>Whether the output column is one of the input, and its index there or among the added columns.</summary>
    public (bool IsInput, int Index) Source(int column) => _sources[column] >= 0 ? (true, _sources[column]) : (false, ~_sources[column]);

    /// <summary>Whether there is an added column among the active output columns.</summary>
    public bool AddsAny(bool[] active) => _sources.Where((source, i) => source < 0 && active[i]).Any();

    /// <summary>Tells whether an added column is among the active output columns.</summary>
    public Func<int, bool> AddedPredicate(bool[] active)
    {
        var added = Enumerable.Range(0, _sources.Length).Where(i => active[i] && _sources[i] < 0).Select(i => ~_sources[i]);
        return added.ToHashSet().Contains;
    }

    /// <summary>The input columns that the active output columns pass on.</summary>
    public IEnumerable<int> PassedOn(bool[] active) =>
        Enumerable.Range(0, _sources.Length).Where(i => active[i] && _sources[i] >= 0).Select(i => _sources[i]);
}
