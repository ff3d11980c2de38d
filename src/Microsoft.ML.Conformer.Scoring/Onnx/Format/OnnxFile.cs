using Google.Protobuf;

namespace Microsoft.ML.Conformer.Onnx.Format;

/// <summary>Reads ONNX files, and writes ones of any size and none by halves.</summary>
internal static class OnnxFile
{
    /// <summary>
    /// Writes a model to a file, and where its weights are too large for one, these to "[file].data" beside it. Both replace older files
    /// only once they are complete, the weights first.
    /// </summary>
    public static void Write(
        string path, OnnxModel model, CancellationToken cancellation = default,
        long maxWeightBytes = OnnxModelWriter.MaxModelBytes - (16 << 20))
    {
        using var file = new AtomicFile(path);
        if (model.Initializers.Sum(tensor => tensor.ByteLength) <= maxWeightBytes)
        {
            OnnxModelWriter.Write(file.Stream, model, external: null, cancellation);
            AtomicFile.Complete(file);
            return;
        }
        using var values = new AtomicFile($"{file.Path}.data");
        var external = new OnnxExternalData($"{Path.GetFileName(file.Path)}.data", model);
        var checksum = external.Write(values.Stream, cancellation);
        model = model with
        {
            Metadata =
            [
                .. model.Metadata,
                new(OnnxExternalData.MetadataKey, external.FileName),
                new(OnnxExternalData.ChecksumKey, checksum),
            ],
        };
        OnnxModelWriter.Write(file.Stream, model, external, cancellation);
        AtomicFile.Complete(values, file);
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
