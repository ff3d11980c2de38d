using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

[assembly: ModelLoader<ImageLoadingTransformer>(ImageLoadingTransformer.LoaderName)]

namespace Microsoft.ML.Data;

/// <summary>Decodes the image files that a text column names.</summary>
public sealed class ImageLoadingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "ImageLoaderTransform";

    /// <summary>The full path of the folder that the paths start from, or null.</summary>
    public readonly string ImageFolder;

    internal ImageLoadingTransformer(
        IHostEnvironment env, string imageFolder, params (string outputColumnName, string inputColumnName)[] columns)
        : base(Contracts.CheckValue(env, nameof(env)).Register(nameof(ImageLoadingTransformer)), columns)
    {
        if (string.IsNullOrEmpty(imageFolder))
            return;
        if (!Directory.Exists(imageFolder))
            throw new ArgumentException($"Directory \"{imageFolder}\" does not exist.");
        ImageFolder = Path.GetFullPath(imageFolder);
    }

    private ImageLoadingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
        // A model may be loaded on a machine that lacks the folder: paths can be absolute.
        var folder = context.Reader.ReadString();
        ImageFolder = folder.Length > 0 ? folder : null;
    }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new ImageLoadingTransformer(env.Register(nameof(ImageLoadingTransformer)), context);

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        SaveColumns(ctx);
        ctx.Writer.Write(ImageFolder ?? "");
    }

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int pair, int inputColumn)
    {
        if (inputSchema[inputColumn].Type is not TextDataViewType)
        {
            throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", ColumnPairs[pair].inputColumnName,
                TextDataViewType.Instance.ToString(), inputSchema[inputColumn].Type.ToString());
        }
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private sealed class Mapper(ImageLoadingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        private readonly string _folder = parent.ImageFolder;

        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() =>
            Array.ConvertAll(Pairs, pair => new DataViewSchema.DetachedColumn(pair.outputColumnName, new ImageDataViewType(), null));

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            var getPath = input.GetGetter<ReadOnlyMemory<char>>(Inputs[pair]);
            ReadOnlyMemory<char> path = default;
            MLImage last = null;
            disposer = () => last?.Dispose();
            return (ValueGetter<MLImage>)((ref MLImage image) =>
            {
                image?.Dispose();
                image = null;
                getPath(ref path);
                if (!path.IsEmpty)
                    image = Load(path.ToString());
                last = image;
            });
        }

        private MLImage Load(string path)
        {
            var fullPath = string.IsNullOrWhiteSpace(_folder) ? path : Path.Combine(_folder, path);
            var image = MLImage.CreateFromStream(new MemoryStream(File.ReadAllBytes(fullPath)));
            image.Tag = fullPath;
            return image;
        }
    }
}
