using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<ValueToKeyMappingTransformer>(ValueToKeyMappingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms;

/// <summary>Numbers the values of columns and maps each to its number, a key.</summary>
public sealed class ValueToKeyMappingEstimator : IEstimator<ValueToKeyMappingTransformer>
{
    private readonly IHost _host;
    private readonly (string outputColumnName, string inputColumnName)[] _columns;
    private readonly KeyOptions _options;

    internal ValueToKeyMappingEstimator(
        IHostEnvironment env, (string outputColumnName, string inputColumnName)[] columns, KeyOptions options)
    {
        _host = env.Register(nameof(ValueToKeyMappingEstimator));
        _host.CheckNonEmpty(columns, nameof(columns));
        _host.CheckParam(options.KeyData is not { Schema.Count: not 1 }, "keyData", "If specified, this data view should contain only a " +
            $"single column containing the terms to map, but this had {options.KeyData?.Schema.Count} columns.");
        _columns = columns;
        _options = options;
    }

    /// <summary>Which order keys are given in.</summary>
    public enum KeyOrdinality : byte
    {
        /// <summary>That of the values' first occurrence.</summary>
        ByOccurrence = 0,

        /// <summary>Ascending order of the values.</summary>
        ByValue = 1,
    }

    public ValueToKeyMappingTransformer Fit(IDataView input) => new(_host, input, _columns, _options);

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(_columns.Select(pair => GetOutputColumn(inputSchema, pair)));
    }

    private SchemaShape.Column GetOutputColumn(SchemaShape inputSchema, (string outputColumnName, string inputColumnName) pair)
    {
        if (!inputSchema.TryFindColumn(pair.inputColumnName, out var column)
            || !ColumnTypes.IsPrimitiveRawType(column.ItemType.RawType))
        {
            throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName);
        }
        if (!column.IsKey || !column.Annotations.TryFindColumn(AnnotationKinds.KeyValues, out var keyValues)
            || keyValues.Kind != SchemaShape.Column.VectorKind.Vector)
        {
            keyValues = new(AnnotationKinds.KeyValues, SchemaShape.Column.VectorKind.Vector,
                _options.AddKeyValuesAsText ? TextDataViewType.Instance : column.ItemType, column.IsKey);
        }
        var annotations = column.Annotations.TryFindColumn(AnnotationKinds.SlotNames, out var slotNames)
            ? new SchemaShape([slotNames, keyValues])
            : new SchemaShape([keyValues]);
        return new(pair.outputColumnName, column.Kind, NumberDataViewType.UInt32, true, annotations);
    }

    /// <summary>How values become keys.</summary>
    /// <param name="MaximumNumberOfKeys">Values beyond it get no key.</param>
    /// <param name="KeyData">A view of one column whose values to number instead of those of the data.</param>
    internal sealed record KeyOptions(int MaximumNumberOfKeys, KeyOrdinality Ordinality, bool AddKeyValuesAsText, IDataView KeyData);
}

/// <inheritdoc cref="ValueToKeyMappingEstimator"/>
public sealed class ValueToKeyMappingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "TermTransform";

    private const string RegistrationName = "Term";

    private readonly KeyMap[] _maps;
    private readonly bool _addKeyValuesAsText;

    internal ValueToKeyMappingTransformer(
        IHostEnvironment env,
        IDataView input,
        (string outputColumnName, string inputColumnName)[] columns,
        ValueToKeyMappingEstimator.KeyOptions options)
        : base(env.Register(RegistrationName), columns)
    {
        _addKeyValuesAsText = options.AddKeyValuesAsText;
        var inputs = Array.ConvertAll(columns, pair => CheckType(input.Schema, pair.inputColumnName));
        using var channel = Host.Start("Training");
        if (options.KeyData is null)
        {
            channel.CheckUserArg(options.MaximumNumberOfKeys > 0, "MaxNumTerms", "Must be positive");
            _maps = Train(channel, input, inputs, options);
        }
        else
        {
            var map = TrainOnKeyData(channel, options, (PrimitiveDataViewType)inputs[0].Type.GetItemType());
            foreach (var column in inputs)
            {
                channel.CheckParam(column.Type.GetItemType().Equals(map.ItemType), "keyData",
                    $"Terms from input data type '{map.ItemType}' but mismatches column '{column.Name}' " +
                    $"item type '{column.Type.GetItemType()}'");
            }
            _maps = Array.ConvertAll(inputs, _ => map);
        }
    }

    private ValueToKeyMappingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
        _addKeyValuesAsText = context.Reader.ReadBoolean();
        _maps = Array.ConvertAll(ColumnPairs, _ => KeyMap.Read(context.Reader));
    }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new ValueToKeyMappingTransformer(env.Register(RegistrationName), context);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        SaveColumns(ctx);
        ctx.Writer.Write(_addKeyValuesAsText);
        foreach (var map in _maps)
            map.Write(ctx.Writer);
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int pair, int inputColumn)
    {
        var type = CheckType(inputSchema, ColumnPairs[pair].inputColumnName).Type.GetItemType();
        Host.Check(type.Equals(_maps[pair].ItemType), $"Could not apply a map over type '{_maps[pair].ItemType}' to column " +
            $"'{ColumnPairs[pair].outputColumnName}' since it has type '{type}'");
    }

    private DataViewSchema.Column CheckType(DataViewSchema inputSchema, string name)
    {
        var column = inputSchema.GetColumnOrNull(name) ?? throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name);
        if (column.Type.GetItemType() is not PrimitiveDataViewType)
        {
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name, "standard type or a vector of standard type",
                column.Type.ToString());
        }
        return column;
    }

    private KeyMap[] Train(
        IChannel channel, IDataView data, DataViewSchema.Column[] inputs, ValueToKeyMappingEstimator.KeyOptions options)
    {
        var maps = Array.ConvertAll(inputs, column => KeyMap.Create((PrimitiveDataViewType)column.Type.GetItemType()));
        using (var cursor = data.GetRowCursor(inputs.DistinctBy(column => column.Index)))
        {
            var collectors = maps.Select((map, i) => map.CreateCollector(cursor, inputs[i], options.MaximumNumberOfKeys)).ToList();
            while (collectors.Count > 0 && cursor.MoveNext())
            {
                Host.CheckAlive();
                collectors.RemoveAll(collect => !collect());
            }
        }
        for (var i = 0; i < maps.Length; i++)
        {
            if (maps[i].Count == 0)
            {
                channel.Warning(MessageSensitivity.Schema, "Term map for output column '{0}' contains no entries.",
                    ColumnPairs[i].outputColumnName);
            }
            if (options.Ordinality == ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
                maps[i].Sort();
        }
        return maps;
    }

    private KeyMap TrainOnKeyData(IChannel channel, ValueToKeyMappingEstimator.KeyOptions options, PrimitiveDataViewType itemType)
    {
        var column = options.KeyData.Schema[0];
        channel.CheckUserArg(column.Type.Equals(itemType), "keyData",
            $"Input data's column must be of type '{itemType}' but was '{column.Type}'");
        var map = KeyMap.Create(itemType);
        using (var cursor = options.KeyData.GetRowCursor([column]))
        {
            var collect = map.CreateCollector(cursor, column, int.MaxValue);
            while (cursor.MoveNext() && collect())
                Host.CheckAlive();
        }
        if (map.Count == 0)
            channel.Warning(MessageSensitivity.None, "Map from the term data resulted in an empty map.");
        if (options.Ordinality == ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            map.Sort();
        return map;
    }

    private sealed class Mapper(ValueToKeyMappingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() => Pairs.Select((pair, i) =>
        {
            DataViewType type = parent._maps[i].OutputType;
            if (Inputs[i].Type is VectorDataViewType vector)
                type = new VectorDataViewType((PrimitiveDataViewType)type, vector.Dimensions);
            var annotations = new DataViewSchema.Annotations.Builder();
            parent._maps[i].AddKeyValues(annotations, Inputs[i], parent._addKeyValuesAsText);
            annotations.Add(Inputs[i].Annotations, name => name == AnnotationKinds.SlotNames);
            return new DataViewSchema.DetachedColumn(pair.outputColumnName, type, annotations.ToAnnotations());
        }).ToArray();

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            disposer = null;
            return parent._maps[pair].CreateGetter(input, Inputs[pair]);
        }
    }
}
