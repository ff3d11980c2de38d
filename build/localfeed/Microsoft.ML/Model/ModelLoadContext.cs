using System.IO.Compression;
using System.Reflection;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Model;

/// <summary>Reads what a <see cref="ModelSaveContext"/> wrote.</summary>
internal sealed class ModelLoadContext : IDisposable
{
    private readonly ZipArchive _archive;
    private readonly string _directory;

    private ModelLoadContext(ZipArchive archive, string directory, Stream values)
    {
        _archive = archive;
        _directory = directory;
        Reader = new BinaryReader(values, Encoding.UTF8);
    }

    /// <summary>Gives the component's own values.</summary>
    public BinaryReader Reader { get; }

    /// <summary>Reads the sub-model in the folder <paramref name="name"/>.</summary>
    public ITransformer LoadModel(IHostEnvironment env, string name) =>
        LoadModelOrNull(env, _archive, ModelSaveContext.Combine(_directory, name)) ?? throw env.ExceptDecode("Corrupt model file");

    /// <summary>Reads a stream beside the component's values; false where there is none.</summary>
    public bool TryLoadBinaryStream(string name, Action<BinaryReader> read)
    {
        if (_archive.GetEntry(ModelSaveContext.Combine(_directory, name)) is not { } entry)
            return false;
        using var stream = entry.Open();
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        read(reader);
        return true;
    }

    public static ITransformer LoadModelOrNull(IHostEnvironment env, ZipArchive archive, string directory)
    {
        if (archive.GetEntry(ModelSaveContext.Combine(directory, ModelSaveContext.ModelStreamName)) is not { } entry)
            return null;
        using var context = new ModelLoadContext(archive, directory, entry.Open());
        string loaderName;
        try
        {
            env.CheckDecode(context.Reader.ReadString() == ModelSaveContext.Magic, "Corrupt model file");
            loaderName = context.Reader.ReadString();
            env.ComponentCatalog.RegisterAssembly(Assembly.Load(context.Reader.ReadString()));
        }
        catch (EndOfStreamException e)
        {
            throw env.ExceptDecode("Corrupt model file", e);
        }
        var loader = env.ComponentCatalog.GetLoaderOrNull(loaderName) ?? throw env.ExceptDecode($"Couldn't load model: '{directory}'");
        return loader.Load(env, context);
    }

    public void Dispose() => Reader.Dispose();
}
