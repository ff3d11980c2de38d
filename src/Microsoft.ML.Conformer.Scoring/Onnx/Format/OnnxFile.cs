using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>Reads ONNX files, and writes ones of any size and none by halves.</summary>
internal static class OnnxFile
{
    /// <summary>
    /// Writes a model to a file, and where its weights are too large for one, these to "[file].data" beside it. Both are written under
    /// temporary names and replace older files only once they are complete, the weights first.
    /// </summary>
    public static void Write(
        string path, OnnxModel model, CancellationToken cancellation = default,
        long maxWeightBytes = OnnxModelWriter.MaxModelBytes - (16 << 20))
    {
        var target = Path.GetFullPath(path);
        var temporary = $"{target}.{Path.GetRandomFileName()}";
        var external = model.Initializers.Sum(tensor => tensor.ByteLength) > maxWeightBytes
            ? new OnnxExternalData($"{Path.GetFileName(target)}.data", model)
            : null;
        var (data, temporaryData) = ($"{target}.data", $"{temporary}.data");
        try
        {
            if (external is not null)
            {
                model = model with { Metadata = [.. model.Metadata, new(OnnxExternalData.MetadataKey, external.FileName)] };
                using var values = new FileStream(temporaryData, FileMode.CreateNew, FileAccess.Write);
                external.Write(values, cancellation);
            }
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                OnnxModelWriter.Write(stream, model, external, cancellation);
            if (external is not null)
                File.Move(temporaryData, data, overwrite: true);
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
            File.Delete(temporaryData);
        }
    }

    public static T Parse<T>(MessageParser<T> parser, byte[] onnx) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(onnx);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"It is no ONNX file, or a damaged one: {e.Message}", e);
        }
    }
}
