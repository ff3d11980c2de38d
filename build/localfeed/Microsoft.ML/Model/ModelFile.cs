using System.IO.Compression;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Model;

/// <summary>A model file: a zip of the model's folders and the schema of its input.</summary>
internal static class ModelFile
{
    private const string ModelDirectory = "TransformerChain";
    private const string SchemaEntryName = "Schema";

    public static void Write(IHostEnvironment env, ITransformer model, DataViewSchema inputSchema, Stream stream)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        ModelSaveContext.SaveModel(archive, model, ModelDirectory);
        if (inputSchema is not null)
            WriteSchema(env, archive, inputSchema);
    }

    public static ITransformer Read(IHostEnvironment env, Stream stream, out DataViewSchema inputSchema)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        inputSchema = archive.GetEntry(SchemaEntryName) is { } entry ? ReadSchema(entry) : null;
        return ModelLoadContext.LoadModelOrNull(env, archive, ModelDirectory)
            ?? throw env.Except("Could not load legacy format model");
    }

    private static void WriteSchema(IHostEnvironment env, ZipArchive archive, DataViewSchema schema)
    {
        using var channel = env.Start("Saving Schema");
        foreach (var column in schema.Where(column => !ColumnTypeFormat.CanWrite(column.Type)))
        {
            channel.Info(MessageSensitivity.Schema, "The column '{0}' will not be written as it has unsavable column type.",
                column.Name);
        }
        var columns = schema.Where(column => ColumnTypeFormat.CanWrite(column.Type)).ToArray();
        channel.Check(columns.Length > 0, "No valid columns to save");
        using var writer = new BinaryWriter(archive.CreateEntry(SchemaEntryName).Open(), Encoding.UTF8);
        writer.Write(columns.Length);
        foreach (var column in columns)
        {
            writer.Write(column.Name);
            ColumnTypeFormat.Write(writer, column.Type);
            ValueFormat.WriteAnnotations(writer, column.Annotations);
        }
    }

    private static DataViewSchema ReadSchema(ZipArchiveEntry entry)
    {
        using var reader = new BinaryReader(entry.Open(), Encoding.UTF8);
        var builder = new DataViewSchema.Builder();
        var count = reader.ReadInt32();
        for (var i = 0; i < count; i++)
            builder.AddColumn(reader.ReadString(), ColumnTypeFormat.Read(reader), ValueFormat.ReadAnnotations(reader));
        return builder.ToSchema();
    }
}
