namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>A network for segmentation as scoring and saving see it, trained in this process or loaded from a file.</summary>
/// <param name="Metadata">What its file says of it.</param>
/// <param name="Onnx">The file.</param>
internal sealed record SegmenterModel(SegmenterMetadata Metadata, byte[] Onnx)
{
    public SegmentationArchitecture Architecture => Metadata.Architecture;

    /// <summary>Of weights, under their official names.</summary>
    /// <param name="architecture">Its shape.</param>
    /// <param name="images">How photos become its input.</param>
    /// <param name="classNames">Its classes.</param>
    /// <param name="weights">The state dict.</param>
    /// <exception cref="ArgumentException">There is no such network.</exception>
    /// <exception cref="OnnxExportException">Tensors are missing, misshapen or not finite, or the file would exceed 2 GB.</exception>
    public static SegmenterModel Of(
        SegmentationArchitecture architecture, DetectorPreprocessing images, IReadOnlyList<string> classNames, IWeightSource weights)
    {
        var metadata = new SegmenterMetadata(architecture, images, OnnxInputKind.NormalizedNchw, classNames);
        var model = Build(metadata, new RequiredWeights(weights)) with { Metadata = metadata.ToEntries() };
        return new SegmenterModel(metadata, OnnxModelWriter.ToArray(model));
    }

    /// <inheritdoc cref="DetectorModel.Read"/>
    public static SegmenterModel Read(ByteSource source, CancellationToken cancellation = default)
    {
        var file = OnnxContent.Read(source, cancellation);
        if (file.Header.ProducerName != OnnxModel.Producer || !SegmenterMetadata.IsIn(file.Metadata))
            throw new FormatException(
                "It is an ONNX file, but no network for segmentation of this library " +
                $"(its producer is '{VisibleText.Of(file.Header.ProducerName)}').");
        file.VerifyChecksum(cancellation);
        var metadata = SegmenterMetadata.Parse(file.Metadata);
        var stored = new StoredGraph(file, cancellation);
        var side = metadata.Architecture.SizeDivisor;
        stored.ThrowIfTooSmall(metadata.Architecture.Layers(side, side).Where(layer => !SegmentationLayout.IsForTraining(layer)));
        try
        {
            var model = stored.As(Build(metadata, new RequiredWeights(source: null, areFolded: true)), []);
            return new SegmenterModel(metadata, OnnxModelWriter.ToArray(model, external: null, source.Whole, cancellation));
        }
        catch (OnnxExportException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static OnnxModel Build(SegmenterMetadata metadata, RequiredWeights weights) =>
        SegmentationGraph.Build(metadata.Architecture, weights, metadata.InputKind, metadata.Images.Colors);
}
