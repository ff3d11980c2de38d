using System.IO.Compression;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Something that can be written to a model file.</summary>
public interface ICanSaveModel
{
    void Save(ModelSaveContext ctx);
}

/// <summary>
/// One component's place in a model file: a folder of the zip with the component's own values in <see cref="ModelStreamName"/>,
/// further streams beside it and sub-models below it.
/// </summary>
public sealed class ModelSaveContext : IDisposable
{
    internal const string ModelStreamName = "Model.key";
    internal const string Magic = "ML STANDIN 1";

    private readonly ZipArchive _archive;
    private readonly string _directory;
    private readonly MemoryStream _values = new();
    private string _loader;
    private string _loaderAssembly;

    private ModelSaveContext(ZipArchive archive, string directory)
    {
        _archive = archive;
        _directory = directory;
        Writer = new BinaryWriter(_values, Encoding.UTF8);
    }

    /// <summary>Takes the component's own values.</summary>
    internal BinaryWriter Writer { get; }

    /// <summary>
    /// Names what reads the component back: the <see cref="Model.ModelLoaderAttribute"/> of the assembly of <paramref name="type"/>.
    /// </summary>
    internal void SetLoader(string loader, Type type)
    {
        _loader = loader;
        _loaderAssembly = type.Assembly.FullName;
    }

    /// <summary>Writes a sub-model into the folder <paramref name="name"/>.</summary>
    internal void SaveModel(ICanSaveModel model, string name) => SaveModel(_archive, model, Combine(_directory, name));

    /// <summary>Writes a stream beside the component's values, straight into the zip.</summary>
    internal void SaveBinaryStream(string name, Action<BinaryWriter> write)
    {
        using var stream = CreateEntry(name);
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        write(writer);
    }

    internal static void SaveModel(ZipArchive archive, ICanSaveModel model, string directory)
    {
        if (model is null)
            return;
        using var context = new ModelSaveContext(archive, directory);
        model.Save(context);
        context.Done();
    }

    internal static string Combine(string directory, string name) => string.IsNullOrEmpty(directory) ? name : directory + "/" + name;

    public void Dispose() => Writer.Dispose();

    private void Done()
    {
        Contracts.Check(_loader is not null, "ModelSignature not specified!");
        using var stream = CreateEntry(ModelStreamName);
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(_loader);
        writer.Write(_loaderAssembly);
        Writer.Flush();
        _values.WriteTo(stream);
    }

    // Most of what is large are weights, which hardly compress.
    private Stream CreateEntry(string name) => _archive.CreateEntry(Combine(_directory, name), CompressionLevel.Fastest).Open();
}
