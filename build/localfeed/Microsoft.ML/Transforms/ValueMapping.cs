using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<ValueMappingTransformer>(ValueMappingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms;

/// <summary>Looks the values of columns up in a table.</summary>
public class ValueMappingEstimator : TrivialEstimator<ValueMappingTransformer>
{
    internal ValueMappingEstimator(IHostEnvironment env, ValueMap map, (string outputColumnName, string inputColumnName) columns)
        : base(env.Register(nameof(ValueMappingEstimator)), new(env, map, columns))
    {
    }

    public sealed override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(Transformer.ColumnPairs.Select(pair => GetOutputColumn(inputSchema, pair)));
    }

    private SchemaShape.Column GetOutputColumn(SchemaShape inputSchema, (string outputColumnName, string inputColumnName) pair)
    {
        if (!inputSchema.TryFindColumn(pair.inputColumnName, out var input))
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName);
        var map = Transformer.Map;
        var value = SchemaShape.Column.Create(pair.outputColumnName, map.ValueType, map.ValueAnnotations);
        if (input.Kind == SchemaShape.Column.VectorKind.Scalar)
            return value;
        if (map.ValueType is VectorDataViewType)
        {
            throw Host.ExceptNotSupp($"Column '{pair.inputColumnName}' cannot be mapped to values " +
                "when the column and the map values are both vector type.");
        }
        return new(pair.outputColumnName, input.Kind, value.ItemType, value.IsKey, value.Annotations);
    }
}

/// <inheritdoc/>
public sealed class ValueMappingEstimator<TKey, TValue> : ValueMappingEstimator
{
    internal ValueMappingEstimator(IHostEnvironment env, ValueMap map, (string outputColumnName, string inputColumnName) columns)
        : base(env, map, columns)
    {
    }
}

/// <inheritdoc cref="ValueMappingEstimator"/>
public class ValueMappingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "ValueMappingTransformer";

    // The stream's name in the real package's files, too.
    private const string MapStreamName = "DefaultMap.idv";

    internal ValueMappingTransformer(
        IHostEnvironment env, ValueMap map, params (string outputColumnName, string inputColumnName)[] columns)
        : base(env.Register(nameof(ValueMappingTransformer)), columns)
    {
        Map = map;
    }

    private ValueMappingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
        host.CheckDecode(context.TryLoadBinaryStream(MapStreamName, reader => Map = ValueMap.Read(reader)), "Corrupt model file");
    }

    internal ValueMap Map { get; private set; }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new ValueMappingTransformer(env.Register(nameof(ValueMappingTransformer)), context);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, typeof(ValueMappingTransformer));
        SaveColumns(ctx);
        ctx.SaveBinaryStream(MapStreamName, Map.Write);
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private sealed class Mapper(ValueMappingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() => Pairs.Select((pair, i) =>
        {
            var type = parent.Map.ValueType;
            if (Inputs[i].Type is VectorDataViewType vector)
                type = new VectorDataViewType((PrimitiveDataViewType)type, vector.Dimensions);
            return new DataViewSchema.DetachedColumn(pair.outputColumnName, type, parent.Map.ValueAnnotations);
        }).ToArray();

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            disposer = null;
            return parent.Map.CreateGetter(input, Inputs[pair]);
        }
    }
}
