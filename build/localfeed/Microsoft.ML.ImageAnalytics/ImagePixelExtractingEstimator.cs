using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Image;

/// <summary>Turns images of known size into vectors of their pixels' values.</summary>
public sealed class ImagePixelExtractingEstimator : TrivialEstimator<ImagePixelExtractingTransformer>
{
    internal ImagePixelExtractingEstimator(IHostEnvironment env, string outputColumnName, string inputColumnName, PixelLayout layout)
        : base(Contracts.CheckValue(env, nameof(env)).Register(nameof(ImagePixelExtractingEstimator)),
            new ImagePixelExtractingTransformer(env, outputColumnName, inputColumnName, layout))
    {
    }

    /// <summary>The channels to take. Saved by value.</summary>
    [Flags]
    public enum ColorBits : byte
    {
        Alpha = 1,
        Red = 2,
        Green = 4,
        Blue = 8,
        Rgb = Red | Green | Blue,
        All = Alpha | Red | Green | Blue,
    }

    /// <summary>The order of the channels. Saved by value.</summary>
    public enum ColorsOrder : byte
    {
        ARGB = 1,
        ARBG = 2,
        ABRG = 3,
        ABGR = 4,
        AGRB = 5,
        AGBR = 6,
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(Transformer.ColumnPairs.Select(pair =>
        {
            if (!inputSchema.TryFindColumn(pair.inputColumnName, out var column))
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName);
            if (column.ItemType is not ImageDataViewType || column.Kind != SchemaShape.Column.VectorKind.Scalar)
            {
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", pair.inputColumnName,
                    new ImageDataViewType().ToString(), column.GetTypeString());
            }

            return new SchemaShape.Column(
                pair.outputColumnName, SchemaShape.Column.VectorKind.Vector, Transformer.Layout.ItemType, isKey: false);
        }));
    }
}
