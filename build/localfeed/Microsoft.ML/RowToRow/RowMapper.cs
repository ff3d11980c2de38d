namespace Microsoft.ML.Data;

/// <summary>What a row-to-row transformer adds to rows of one input schema.</summary>
internal abstract class RowMapper(DataViewSchema inputSchema)
{
    private DataViewSchema.DetachedColumn[] _outputColumns;

    public DataViewSchema InputSchema => inputSchema;

    /// <summary>The added columns.</summary>
    public DataViewSchema.DetachedColumn[] OutputColumns => _outputColumns ??= CreateOutputColumns();

    protected abstract DataViewSchema.DetachedColumn[] CreateOutputColumns();

    /// <summary>The indices of the input columns that the active ones of <see cref="OutputColumns"/> are computed from.</summary>
    public abstract IEnumerable<int> GetDependencies(Func<int, bool> isActive);

    /// <summary>A <see cref="ValueGetter{TValue}"/> for each active one of <see cref="OutputColumns"/>, null for the others.</summary>
    /// <param name="input">The row that the getters follow.</param>
    /// <param name="isActive">Takes an index into <see cref="OutputColumns"/>.</param>
    /// <param name="disposer">Called when the row or cursor that owns the getters is disposed; may be null.</param>
    public abstract Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive, out Action disposer);
}
