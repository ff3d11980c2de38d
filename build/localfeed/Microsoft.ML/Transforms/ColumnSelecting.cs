using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<ColumnSelectingTransformer>(ColumnSelectingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms;

/// <summary>Keeps or drops columns by name.</summary>
public sealed class ColumnSelectingEstimator : TrivialEstimator<ColumnSelectingTransformer>
{
    internal ColumnSelectingEstimator(IHostEnvironment env, string[] columns, bool keep, bool keepHidden)
        : base(env.Register(nameof(ColumnSelectingEstimator)), new(env, columns, keep, keepHidden))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        Transformer.CheckColumns(inputSchema.Select(column => column.Name), nameof(inputSchema));
        return new(inputSchema.Where(column => Transformer.Keeps(column.Name)));
    }
}

/// <inheritdoc cref="ColumnSelectingEstimator"/>
public sealed class ColumnSelectingTransformer : ITransformer, ILoadableModel
{
    internal const string LoaderName = "SelectColumnsTransform";

    private readonly IHost _host;
    private readonly string[] _columns;
    private readonly bool _keep;
    private readonly bool _keepHidden;

    internal ColumnSelectingTransformer(IHostEnvironment env, string[] columns, bool keep, bool keepHidden)
    {
        _host = env.Register(nameof(ColumnSelectingTransformer));
        _host.Check(columns is { Length: > 0 }, "Neither keepColumns and dropColumns is set. Exactly one must be specified.");
        _columns = columns;
        _keep = keep;
        _keepHidden = keepHidden;
    }

    bool ITransformer.IsRowToRowMapper => true;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return SubsetView.SchemaOf(inputSchema, SelectColumns(inputSchema, nameof(inputSchema)));
    }

    public IDataView Transform(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        return new SubsetView(input, SelectColumns(input.Schema, nameof(input)));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return new SubsetView(inputSchema, SelectColumns(inputSchema, nameof(inputSchema)));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        ctx.Writer.Write(_keep);
        ctx.Writer.Write(_keepHidden);
        ctx.Writer.Write(_columns.Length);
        foreach (var column in _columns)
            ctx.Writer.Write(column);
    }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context)
    {
        var keep = context.Reader.ReadBoolean();
        var keepHidden = context.Reader.ReadBoolean();
        var columns = new string[context.Reader.ReadInt32()];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = context.Reader.ReadString();
        return new ColumnSelectingTransformer(env, columns, keep, keepHidden);
    }

    internal bool Keeps(string name) => _columns.Contains(name) == _keep;

    internal void CheckColumns(IEnumerable<string> names, string parameter)
    {
        var missing = _columns.Except(names).ToArray();
        if (missing.Length > 0)
            throw _host.ExceptSchemaMismatch(parameter, "input", string.Join(",", missing));
    }

    /// <summary>The columns to pass on: kept ones in the order of their names here, others in the order of the input.</summary>
    private int[] SelectColumns(DataViewSchema input, string parameter)
    {
        CheckColumns(input.Select(column => column.Name), parameter);
        var kept = _keep
            ? _columns.SelectMany(name => input.Where(column => column.Name == name && (_keepHidden || !column.IsHidden)))
            : input.Where(column => Keeps(column.Name));
        return kept.Select(column => column.Index).ToArray();
    }
}
