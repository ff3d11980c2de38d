using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

[assembly: ModelLoader<ImageResizingTransformer>(ImageResizingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms.Image;

/// <summary>Resizes images.</summary>
public sealed class ImageResizingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "ImageScalerTransform";

    private readonly int _width;
    private readonly int _height;
    private readonly ImageResizingEstimator.ResizingKind _resizing;
    private readonly ImageResizingEstimator.Anchor _anchor;

    internal ImageResizingTransformer(
        IHostEnvironment env,
        string outputColumnName,
        int imageWidth,
        int imageHeight,
        string inputColumnName,
        ImageResizingEstimator.ResizingKind resizing,
        ImageResizingEstimator.Anchor anchor)
        : base(Contracts.CheckValue(env, nameof(env)).Register("ImageScaler"), (outputColumnName, inputColumnName))
    {
        Contracts.CheckParam(imageWidth > 0, nameof(imageWidth));
        Contracts.CheckParam(imageHeight > 0, nameof(imageHeight));
        Contracts.CheckParam(Enum.IsDefined(resizing), nameof(resizing));
        Contracts.CheckParam(Enum.IsDefined(anchor), nameof(anchor));
        _width = imageWidth;
        _height = imageHeight;
        _resizing = resizing;
        _anchor = anchor;
        OutputType = new ImageDataViewType(imageHeight, imageWidth);
    }

    private ImageResizingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
        _width = context.Reader.ReadInt32();
        _height = context.Reader.ReadInt32();
        _resizing = (ImageResizingEstimator.ResizingKind)context.Reader.ReadByte();
        _anchor = (ImageResizingEstimator.Anchor)context.Reader.ReadByte();
        host.CheckDecode(_width > 0 && _height > 0 && Enum.IsDefined(_resizing) && Enum.IsDefined(_anchor), "Corrupt model file");
        OutputType = new ImageDataViewType(_height, _width);
    }

    internal ImageDataViewType OutputType { get; }

    private ImageResizeMode Mode => _resizing switch
    {
        ImageResizingEstimator.ResizingKind.IsoPad => ImageResizeMode.Pad,
        ImageResizingEstimator.ResizingKind.Fill => ImageResizeMode.Fill,
        _ => _anchor switch
        {
            ImageResizingEstimator.Anchor.Top => ImageResizeMode.CropAnchorTop,
            ImageResizingEstimator.Anchor.Bottom => ImageResizeMode.CropAnchorBottom,
            ImageResizingEstimator.Anchor.Left => ImageResizeMode.CropAnchorLeft,
            ImageResizingEstimator.Anchor.Right => ImageResizeMode.CropAnchorRight,
            _ => ImageResizeMode.CropAnchorCentral,
        },
    };

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new ImageResizingTransformer(env.Register("ImageScaler"), context);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        SaveColumns(ctx);
        ctx.Writer.Write(_width);
        ctx.Writer.Write(_height);
        ctx.Writer.Write((byte)_resizing);
        ctx.Writer.Write((byte)_anchor);
    }

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int pair, int inputColumn)
    {
        if (inputSchema[inputColumn].Type is not ImageDataViewType)
        {
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", ColumnPairs[pair].inputColumnName,
                "image", inputSchema[inputColumn].Type.ToString());
        }
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private sealed class Mapper(ImageResizingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        private readonly ImageResizingTransformer _parent = parent;

        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() =>
            Array.ConvertAll(Pairs, pair => new DataViewSchema.DetachedColumn(pair.outputColumnName, _parent.OutputType, null));

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            var getSource = input.GetGetter<MLImage>(Inputs[pair]);
            var (width, height, mode) = (_parent._width, _parent._height, _parent.Mode);
            MLImage source = null;
            disposer = null;
            return (ValueGetter<MLImage>)((ref MLImage image) =>
            {
                image?.Dispose();
                getSource(ref source);
                // Two traps of the real package that callers must live with: after a missing image the previous, disposed one is left
                // in place, and an image that has the size already is handed on itself, to be disposed by whoever reads it.
                if (source is null)
                    return;
                if (source.Height == height && source.Width == width)
                {
                    image = source;
                    return;
                }

                image = source.CloneWithResizing(width, height, mode);
                image.Tag = source.Tag;
            });
        }
    }
}
