namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>The ONNX files of networks that see whole photos.</summary>
internal static class PhotoModelFile
{
    /// <summary>A file of weights, under their official names.</summary>
    /// <exception cref="ArgumentException">There is no such network.</exception>
    /// <exception cref="OnnxExportException">Tensors are missing, misshapen or not finite, or the file would exceed 2 GB.</exception>
    public static byte[] Write(PhotoMetadata metadata, IWeightSource weights) =>
        OnnxModelWriter.ToArray(metadata.Build(new RequiredWeights(weights)) with { Metadata = metadata.ToEntries() });

    /// <summary>Reads an ONNX file; nothing of what is read is run, and only the weights' values are kept.</summary>
    /// <param name="source">The file.</param>
    /// <param name="what">What it should be, for messages: "detector".</param>
    /// <param name="parse">Reads what it says of itself; null where it does not say that it is such.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="FormatException">It is none, or damaged, or of another graph than this library writes.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static (TMetadata Metadata, ClassLabels Labels, byte[] Onnx) Read<TMetadata>(
        ByteSource source, string what, Func<IReadOnlyDictionary<string, string>, TMetadata?> parse, CancellationToken cancellation)
        where TMetadata : PhotoMetadata
    {
        var file = OnnxContent.Read(source, cancellation);
        // What it says is read once its checksum is known to be right, where it has one.
        if (file.Header.ProducerName == OnnxModel.Producer)
            file.VerifyChecksum(cancellation);
        if (file.Header.ProducerName != OnnxModel.Producer || parse(file.Metadata) is not { } metadata)
            throw new FormatException(
                $"It is an ONNX file, but no {what} of this library (its producer is '{VisibleText.Of(file.Header.ProducerName)}').");
        var labels = LabelType.Restore(metadata.Labels, metadata.LabelType);
        if (labels.Faults().FirstOrDefault() is { } fault)
            throw new FormatException($"Its classes cannot be told apart: {fault}");
        var stored = new StoredGraph(file, cancellation);
        stored.ThrowIfTooSmall(metadata.Layers);
        try
        {
            var model = stored.As(metadata.Build(new RequiredWeights(source: null, areFolded: true)), []);
            return (metadata, labels, OnnxModelWriter.ToArray(model, external: null, source.Whole, cancellation));
        }
        catch (OnnxExportException e)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
