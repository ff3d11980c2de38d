using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Image;

/// <summary>Resizes images.</summary>
public sealed class ImageResizingEstimator : TrivialEstimator<ImageResizingTransformer>
{
    internal ImageResizingEstimator(
        IHostEnvironment env,
        string outputColumnName,
        int imageWidth,
        int imageHeight,
        string inputColumnName,
        ResizingKind resizing,
        Anchor cropAnchor)
        : base(Contracts.CheckValue(env, nameof(env)).Register(nameof(ImageResizingEstimator)),
            new ImageResizingTransformer(env, outputColumnName, imageWidth, imageHeight, inputColumnName, resizing, cropAnchor))
    {
    }

    /// <summary>What happens to the aspect ratio. Saved by value.</summary>
    public enum ResizingKind : byte
    {
        /// <summary>Kept; the image is padded.</summary>
        IsoPad = 0,

        /// <summary>Kept; the image is cropped.</summary>
        IsoCrop = 1,

        /// <summary>Given up; nearest neighbor, while the others use a bicubic filter.</summary>
        Fill = 2,
    }

    /// <summary>Which part is kept where an image is cropped. Saved by value.</summary>
    public enum Anchor : byte
    {
        Right = 0,
        Left = 1,
        Top = 2,
        Bottom = 3,
        Center = 4,
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
                pair.outputColumnName, SchemaShape.Column.VectorKind.Scalar, Transformer.OutputType, isKey: false);
        }));
    }
}
