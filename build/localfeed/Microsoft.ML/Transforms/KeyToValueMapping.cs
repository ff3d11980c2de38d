using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<KeyToValueMappingTransformer>(KeyToValueMappingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms;

/// <summary>Maps keys back to the values in their KeyValues annotation.</summary>
public sealed class KeyToValueMappingEstimator : TrivialEstimator<KeyToValueMappingTransformer>
{
    internal KeyToValueMappingEstimator(IHostEnvironment env, params (string outputColumnName, string inputColumnName)[] columns)
        : base(env.Register(nameof(KeyToValueMappingEstimator)), new(env, columns))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(Transformer.ColumnPairs.Select(pair => GetOutputColumn(inputSchema, pair)));
    }

    private SchemaShape.Column GetOutputColumn(SchemaShape inputSchema, (string outputColumnName, string inputColumnName) pair)
    {
        if (!inputSchema.TryFindColumn(pair.inputColumnName, out var column))
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName);
        if (!column.IsKey)
        {
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName, "KeyType", column.GetTypeString());
        }
        if (!column.Annotations.TryFindColumn(AnnotationKinds.KeyValues, out var keyValues))
            throw Host.ExceptParam(nameof(inputSchema), $"Input column '{pair.inputColumnName}' doesn't contain key values metadata");
        return new(pair.outputColumnName, column.Kind, keyValues.ItemType, keyValues.IsKey,
            column.Annotations.TryFindColumn(AnnotationKinds.SlotNames, out var slotNames) ? new([slotNames]) : null);
    }
}

/// <inheritdoc cref="KeyToValueMappingEstimator"/>
public sealed class KeyToValueMappingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "KeyToValueTransform";

    internal KeyToValueMappingTransformer(IHostEnvironment env, params (string outputColumnName, string inputColumnName)[] columns)
        : base(env.Register(nameof(KeyToValueMappingTransformer)), columns)
    {
    }

    private KeyToValueMappingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
    }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new KeyToValueMappingTransformer(env.Register(nameof(KeyToValueMappingTransformer)), context);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        SaveColumns(ctx);
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int pair, int inputColumn)
    {
        var column = inputSchema[inputColumn];
        var values = column.Annotations.Schema.GetColumnOrNull(AnnotationKinds.KeyValues)?.Type;
        Host.Check(values is not null, "Metadata KeyValues does not exist");
        Host.Check((ulong)values.GetVectorSize() == column.Type.GetKeyCount(),
            "KeyValues metadata size does not match column type key count");
    }

    private sealed class Mapper(KeyToValueMappingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() => Pairs.Select((pair, i) =>
        {
            var annotations = new DataViewSchema.Annotations.Builder();
            annotations.Add(Inputs[i].Annotations, name => name == AnnotationKinds.SlotNames);
            DataViewType type = ValueType(i);
            if (Inputs[i].Type is VectorDataViewType vector)
                type = new VectorDataViewType((PrimitiveDataViewType)type, vector.Dimensions);
            return new DataViewSchema.DetachedColumn(pair.outputColumnName, type, annotations.ToAnnotations());
        }).ToArray();

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            disposer = null;
            return GenericCall.Invoke<Delegate>(CreateTypedGetter<uint, int>,
                [Inputs[pair].Type.GetItemType().RawType, ValueType(pair).RawType], input, Inputs[pair], ValueType(pair));
        }

        private PrimitiveDataViewType ValueType(int pair) =>
            (PrimitiveDataViewType)Inputs[pair].Annotations.Schema[AnnotationKinds.KeyValues].Type.GetItemType();

        private static Delegate CreateTypedGetter<TKey, TValue>(DataViewRow row, DataViewSchema.Column column, DataViewType valueType)
            where TKey : struct
        {
            var buffer = default(VBuffer<TValue>);
            column.GetKeyValues(ref buffer);
            var values = buffer.DenseValues().ToArray();
            var missing = Missing<TValue>();
            TValue ValueOf(TKey key)
            {
                var number = Convert.ToUInt64(key);
                return number > 0 && number <= (ulong)values.Length ? values[number - 1] : missing;
            }
            if (column.Type is VectorDataViewType)
            {
                var vectorGetter = row.GetGetter<VBuffer<TKey>>(column);
                var keys = default(VBuffer<TKey>);
                return (ValueGetter<VBuffer<TValue>>)((ref VBuffer<TValue> destination) =>
                {
                    vectorGetter(ref keys);
                    var editor = VBufferEditor.Create(ref destination, keys.Length);
                    foreach (var (slot, key) in keys.Items(all: true))
                        editor.Values[slot] = ValueOf(key);
                    destination = editor.Commit();
                });
            }
            var getter = row.GetGetter<TKey>(column);
            return (ValueGetter<TValue>)((ref TValue destination) =>
            {
                TKey key = default;
                getter(ref key);
                destination = ValueOf(key);
            });
        }

        // What a missing key becomes: NaN for floating-point numbers, else the default.
        private static TValue Missing<TValue>() =>
            typeof(TValue) == typeof(float) ? (TValue)(object)float.NaN
                : typeof(TValue) == typeof(double) ? (TValue)(object)double.NaN
                : default;
    }
}
