using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<ColumnCopyingTransformer>(ColumnCopyingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms;

/// <summary>Copies columns, whatever their types.</summary>
public sealed class ColumnCopyingEstimator : TrivialEstimator<ColumnCopyingTransformer>
{
    internal ColumnCopyingEstimator(IHostEnvironment env, params (string outputColumnName, string inputColumnName)[] columns)
        : base(env.Register(nameof(ColumnCopyingEstimator)), new(env, columns))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(Transformer.ColumnPairs.Select(pair =>
            inputSchema.TryFindColumn(pair.inputColumnName, out var column)
                ? column.Rename(pair.outputColumnName)
                : throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName)));
    }
}

/// <inheritdoc cref="ColumnCopyingEstimator"/>
public sealed class ColumnCopyingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "CopyTransform";

    internal ColumnCopyingTransformer(IHostEnvironment env, params (string outputColumnName, string inputColumnName)[] columns)
        : base(env.Register(nameof(ColumnCopyingTransformer)), columns)
    {
    }

    private ColumnCopyingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
    }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new ColumnCopyingTransformer(env.Register(nameof(ColumnCopyingTransformer)), context);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        SaveColumns(ctx);
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private sealed class Mapper(ColumnCopyingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() =>
            Pairs.Zip(Inputs, (pair, input) => new DataViewSchema.DetachedColumn(pair.outputColumnName, input.Type, input.Annotations))
                .ToArray();

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            disposer = null;
            return input.GetGetter(Inputs[pair]);
        }
    }
}
