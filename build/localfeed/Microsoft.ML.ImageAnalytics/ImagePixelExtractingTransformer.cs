using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

[assembly: ModelLoader<ImagePixelExtractingTransformer>(ImagePixelExtractingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms.Image;

/// <summary>Turns images of known size into vectors of their pixels' values.</summary>
public sealed class ImagePixelExtractingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "ImagePixelExtractor";

    internal ImagePixelExtractingTransformer(IHostEnvironment env, string outputColumnName, string inputColumnName, PixelLayout layout)
        : base(Contracts.CheckValue(env, nameof(env)).Register(LoaderName), (outputColumnName, inputColumnName))
    {
        Layout = layout;
    }

    private ImagePixelExtractingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
        var reader = context.Reader;
        Layout = new PixelLayout(
            (ImagePixelExtractingEstimator.ColorBits)reader.ReadByte(),
            (ImagePixelExtractingEstimator.ColorsOrder)reader.ReadByte(),
            reader.ReadBoolean(),
            reader.ReadSingle(),
            reader.ReadSingle(),
            reader.ReadBoolean());
    }

    internal PixelLayout Layout { get; }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new ImagePixelExtractingTransformer(env.Register(LoaderName), context);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        SaveColumns(ctx);
        ctx.Writer.Write((byte)Layout.Colors);
        ctx.Writer.Write((byte)Layout.Order);
        ctx.Writer.Write(Layout.Interleave);
        ctx.Writer.Write(Layout.Offset);
        ctx.Writer.Write(Layout.Scale);
        ctx.Writer.Write(Layout.AsFloats);
    }

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int pair, int inputColumn)
    {
        var name = ColumnPairs[pair].inputColumnName;
        if (inputSchema[inputColumn].Type is not ImageDataViewType image)
        {
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name, "image",
                inputSchema[inputColumn].Type.ToString());
        }

        if (image.Height <= 0 || image.Width <= 0)
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name, "known-size image", "unknown-size image");
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private sealed class Mapper(ImagePixelExtractingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        private readonly ImagePixelExtractingTransformer _parent = parent;

        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() =>
            Pairs.Zip(Inputs, (pair, input) => new DataViewSchema.DetachedColumn(
                pair.outputColumnName, _parent.Layout.VectorType((ImageDataViewType)input.Type), null)).ToArray();

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            var layout = _parent.Layout;
            var values = Enumerable.Range(0, 256);
            return layout.AsFloats
                ? CreateGetter(input, pair, values.Select(value => (value - layout.Offset) * layout.Scale).ToArray(), out disposer)
                : CreateGetter(input, pair, values.Select(value => (byte)value).ToArray(), out disposer);
        }

        private ValueGetter<VBuffer<T>> CreateGetter<T>(DataViewRow input, int pair, T[] table, out Action disposer)
        {
            var layout = _parent.Layout;
            var type = (ImageDataViewType)Inputs[pair].Type;
            var size = layout.VectorType(type).Size;
            var getSource = input.GetGetter<MLImage>(Inputs[pair]);
            MLImage source = null;
            disposer = () => source?.Dispose();
            return (ref VBuffer<T> vector) =>
            {
                getSource(ref source);
                if (source is null)
                {
                    // A missing image is a sparse vector without values: zeros.
                    vector = VBufferEditor.Create(ref vector, size, 0).Commit();
                    return;
                }

                if (source.Height != type.Height || source.Width != type.Width)
                    throw _parent.Host.Except("Check failed");
                var editor = VBufferEditor.Create(ref vector, size);
                layout.Extract(source, table, editor.Values);
                vector = editor.Commit();
            };
        }
    }
}
