using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Onnx;

[assembly: ModelLoader<OnnxTransformer>(OnnxTransformer.LoaderName)]

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Scores an ONNX model, one run for each row. Disposing it closes the session; using it afterwards crashes the process.</summary>
public sealed class OnnxTransformer : RowToRowTransformerBase, IDisposable, ILoadableModel
{
    internal const string LoaderName = "OnnxTransform";
    private const string ModelStream = "OnnxModel";

    private readonly OnnxOptions _options;
    private bool _disposed;

    internal OnnxTransformer(IHostEnvironment env, OnnxOptions options, OnnxModelFile file)
        : base(Contracts.CheckValue(env, nameof(env)).Register(nameof(OnnxTransformer)))
    {
        _options = options;
        Host.CheckValue(options.InputColumns, nameof(options.InputColumns));
        Host.CheckValue(options.OutputColumns, nameof(options.OutputColumns));
        try
        {
            Model = new OnnxModel(file, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidOperationException($"Error initializing model :{e}", e);
        }

        Inputs = options.InputColumns.Length > 0 ? options.InputColumns : NamesOf(Model.Inputs);
        Outputs = options.OutputColumns.Length > 0 ? options.OutputColumns : NamesOf(Model.Outputs);
        foreach (var output in Outputs)
            Model.GetOutput(output);
    }

    internal OnnxModel Model { get; }

    /// <summary>The columns to read, named as the model's inputs.</summary>
    internal string[] Inputs { get; }

    /// <summary>The outputs to give.</summary>
    internal string[] Outputs { get; }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Model.Dispose();
    }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context)
    {
        byte[] model = null;
        var found = context.TryLoadBinaryStream(ModelStream, reader => model = reader.ReadBytes(reader.ReadInt32()));
        env.CheckDecode(found, "Corrupt model file");
        var options = new OnnxOptions
        {
            InputColumns = ReadStrings(context.Reader),
            OutputColumns = ReadStrings(context.Reader),
            ShapeDictionary = ReadShapes(context.Reader),
            RecursionLimit = context.Reader.ReadInt32(),
        };
        return new OnnxTransformer(env, OnnxDevice.Resolve(env, options), OnnxModelFile.Write(env, model));
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        // The length comes first, as in the real package.
        var model = Model.ReadBytes();
        ctx.SaveBinaryStream(ModelStream, writer =>
        {
            writer.Write(model.Length);
            writer.Write(model);
        });
        Write(ctx.Writer, Inputs);
        Write(ctx.Writer, Outputs);
        Write(ctx.Writer, _options.ShapeDictionary);
        ctx.Writer.Write(_options.RecursionLimit);
    }

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new OnnxRowMapper(this, Host, inputSchema);

    private static string[] NamesOf(IEnumerable<OnnxVariable> variables) => variables.Select(variable => variable.Name).ToArray();

    private static void Write(BinaryWriter writer, string[] strings)
    {
        writer.Write(strings.Length);
        foreach (var text in strings)
            writer.Write(text);
    }

    private static string[] ReadStrings(BinaryReader reader)
    {
        var strings = new string[reader.ReadInt32()];
        for (var i = 0; i < strings.Length; i++)
            strings[i] = reader.ReadString();
        return strings;
    }

    private static void Write(BinaryWriter writer, IDictionary<string, int[]> shapes)
    {
        writer.Write(shapes?.Count ?? 0);
        foreach (var (name, shape) in shapes ?? new Dictionary<string, int[]>())
        {
            writer.Write(name);
            writer.Write(shape.Length);
            foreach (var size in shape)
                writer.Write(size);
        }
    }

    private static Dictionary<string, int[]> ReadShapes(BinaryReader reader)
    {
        var shapes = new Dictionary<string, int[]>();
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            var name = reader.ReadString();
            var shape = new int[reader.ReadInt32()];
            for (var axis = 0; axis < shape.Length; axis++)
                shape[axis] = reader.ReadInt32();
            shapes[name] = shape;
        }

        return shapes;
    }
}
