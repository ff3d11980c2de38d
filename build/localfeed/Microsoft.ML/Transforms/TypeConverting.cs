using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<TypeConvertingTransformer>(TypeConvertingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms;

/// <summary>Converts columns to another primitive type. A key stays a key, on the new type.</summary>
public sealed class TypeConvertingEstimator : TrivialEstimator<TypeConvertingTransformer>
{
    internal TypeConvertingEstimator(
        IHostEnvironment env, DataKind outputKind, params (string outputColumnName, string inputColumnName)[] columns)
        : base(env.Register(nameof(TypeConvertingEstimator)), new(env, outputKind, columns))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(Transformer.ColumnPairs.Select(pair =>
        {
            if (!inputSchema.TryFindColumn(pair.inputColumnName, out var column))
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName);
            var type = Transformer.TargetType;
            Host.CheckParam(StandardConversions.Exists(column.ItemType, type), nameof(inputSchema),
                $"Don't know how to convert {pair.inputColumnName} into {type}");
            // As the real package, forgets that a key is one.
            return new SchemaShape.Column(pair.outputColumnName, column.Kind, type, false, column.Annotations);
        }));
    }
}

/// <inheritdoc cref="TypeConvertingEstimator"/>
public sealed class TypeConvertingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "ConvertTransform";

    private const string RegistrationName = "Convert";

    private readonly DataKind _outputKind;

    internal TypeConvertingTransformer(
        IHostEnvironment env, DataKind outputKind, params (string outputColumnName, string inputColumnName)[] columns)
        : base(env.Register(RegistrationName), columns)
    {
        _outputKind = outputKind;
    }

    private TypeConvertingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
        _outputKind = (DataKind)context.Reader.ReadByte();
    }

    internal PrimitiveDataViewType TargetType => ColumnTypes.PrimitiveTypeNamed("System." + _outputKind);

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new TypeConvertingTransformer(env.Register(RegistrationName), context);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        SaveColumns(ctx);
        ctx.Writer.Write((byte)_outputKind);
    }

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int pair, int inputColumn)
    {
        var itemType = inputSchema[inputColumn].Type.GetItemType();
        var target = TargetOf(itemType);
        Host.CheckParam((itemType is KeyDataViewType) == (target is KeyDataViewType) && StandardConversions.Exists(itemType, target),
            nameof(inputSchema), $"source column '{ColumnPairs[pair].inputColumnName}' with item type '{inputSchema[inputColumn].Type}' " +
            $"is not compatible with destination type '{target}'");
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private PrimitiveDataViewType TargetOf(DataViewType itemType)
    {
        var target = TargetType;
        return itemType is KeyDataViewType key && KeyDataViewType.IsValidDataType(target.RawType)
            ? new KeyDataViewType(target.RawType, Math.Min(key.Count, KeyDataViewType.MaximumCount(target.RawType)))
            : target;
    }

    private sealed class Mapper(TypeConvertingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() => Pairs.Select((pair, i) =>
        {
            var input = Inputs[i];
            var itemType = parent.TargetOf(input.Type.GetItemType());
            var annotations = new DataViewSchema.Annotations.Builder();
            if (input.Type is VectorDataViewType { IsKnownSize: true })
                annotations.Add(input.Annotations, name => name == AnnotationKinds.SlotNames);
            if (itemType is KeyDataViewType key && key.Count == input.Type.GetKeyCount())
                annotations.Add(input.Annotations, name => name == AnnotationKinds.KeyValues);
            return new DataViewSchema.DetachedColumn(pair.outputColumnName,
                input.Type is VectorDataViewType vector ? new VectorDataViewType(itemType, vector.Dimensions) : itemType,
                annotations.ToAnnotations());
        }).ToArray();

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            disposer = null;
            var source = Inputs[pair].Type.GetItemType();
            var target = parent.TargetOf(source);
            return GenericCall.Invoke<Delegate>(CreateTypedGetter<int, int>, [source.RawType, target.RawType], input, Inputs[pair], target);
        }

        private static Delegate CreateTypedGetter<TSource, TTarget>(
            DataViewRow row, DataViewSchema.Column column, PrimitiveDataViewType target)
        {
            var convert = StandardConversions.Create<TSource, TTarget>(target);
            if (column.Type is VectorDataViewType)
            {
                var vectorGetter = row.GetGetter<VBuffer<TSource>>(column);
                var vector = default(VBuffer<TSource>);
                return (ValueGetter<VBuffer<TTarget>>)((ref VBuffer<TTarget> converted) =>
                {
                    vectorGetter(ref vector);
                    var editor = VBufferEditor.Create(ref converted, vector.Length);
                    foreach (var (slot, item) in vector.Items(all: true))
                        editor.Values[slot] = convert(item);
                    converted = editor.Commit();
                });
            }
            var getter = row.GetGetter<TSource>(column);
            var value = default(TSource);
            return (ValueGetter<TTarget>)((ref TTarget converted) =>
            {
                getter(ref value);
                converted = convert(value);
            });
        }
    }
}
