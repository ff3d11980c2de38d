using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Data;

/// <summary>Decodes the image files that a text column names.</summary>
public sealed class ImageLoadingEstimator : TrivialEstimator<ImageLoadingTransformer>
{
    internal ImageLoadingEstimator(
        IHostEnvironment env, string imageFolder, params (string outputColumnName, string inputColumnName)[] columns)
        : base(Contracts.CheckValue(env, nameof(env)).Register(nameof(ImageLoadingEstimator)),
            new ImageLoadingTransformer(env, imageFolder, columns))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(Transformer.ColumnPairs.Select(pair =>
        {
            if (!inputSchema.TryFindColumn(pair.inputColumnName, out var column))
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName);
            if (column.ItemType is not TextDataViewType || column.Kind != SchemaShape.Column.VectorKind.Scalar)
            {
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName,
                    TextDataViewType.Instance.ToString(), column.GetTypeString());
            }

            return new SchemaShape.Column(
                pair.outputColumnName, SchemaShape.Column.VectorKind.Scalar, new ImageDataViewType(), isKey: false);
        }));
    }
}
