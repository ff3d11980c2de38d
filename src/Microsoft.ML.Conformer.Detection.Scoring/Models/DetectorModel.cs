namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>A detector as scoring and saving see it, trained in this process or loaded from a file.</summary>
/// <param name="Metadata">What its file says of it.</param>
/// <param name="Labels">Its classes.</param>
/// <param name="Onnx">The file.</param>
internal sealed record DetectorModel(DetectorMetadata Metadata, ClassLabels Labels, byte[] Onnx)
{
    public DetectorArchitecture Architecture => Metadata.Architecture;

    /// <summary>Of weights, under their official names.</summary>
    /// <param name="architecture">Its shape.</param>
    /// <param name="rules">How its detections are chosen.</param>
    /// <param name="images">How photos become its input.</param>
    /// <param name="labels">Its classes.</param>
    /// <param name="weights">The state dict.</param>
    /// <param name="isOfFiles">Whether the images it was trained on were named by their files' paths.</param>
    /// <exception cref="ArgumentException">There is no such detector, or no such rules.</exception>
    /// <exception cref="OnnxExportException">Tensors are missing, misshapen or not finite, or the file would exceed 2 GB.</exception>
    public static DetectorModel Of(
        DetectorArchitecture architecture, DetectionRules rules, DetectorPreprocessing images, ClassLabels labels, IWeightSource weights,
        bool isOfFiles = false)
    {
        var metadata = new DetectorMetadata(
            architecture, rules, images, OnnxInputKind.NormalizedNchw, labels.Names, LabelType.NameFor(labels))
        {
            IsOfFiles = isOfFiles,
        };
        var model = Build(metadata, new RequiredWeights(weights)) with { Metadata = metadata.ToEntries() };
        return new DetectorModel(metadata, labels, OnnxModelWriter.ToArray(model));
    }

    /// <summary>Reads an ONNX file; nothing of what is read is run, and only the weights' values are kept.</summary>
    /// <exception cref="FormatException">It is none, or damaged, or of another graph than this library writes.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static DetectorModel Read(ByteSource source, CancellationToken cancellation = default)
    {
        var file = OnnxContent.Read(source, cancellation);
        if (file.Header.ProducerName != OnnxModel.Producer || !DetectorMetadata.IsIn(file.Metadata))
            throw new FormatException(
                $"It is an ONNX file, but no detector of this library (its producer is '{VisibleText.Of(file.Header.ProducerName)}').");
        file.VerifyChecksum(cancellation);
        var metadata = DetectorMetadata.Parse(file.Metadata);
        var labels = LabelType.Restore(metadata.Labels, metadata.LabelType);
        if (labels.Faults().FirstOrDefault() is { } fault)
            throw new FormatException($"Its classes cannot be told apart: {fault}");
        var stored = new StoredGraph(file, cancellation);
        var side = metadata.Architecture.SizeDivisor;
        stored.ThrowIfTooSmall(metadata.Architecture.Layers(side, side));
        try
        {
            var model = stored.As(Build(metadata, new RequiredWeights(source: null, areFolded: true)), []);
            return new DetectorModel(metadata, labels, OnnxModelWriter.ToArray(model, external: null, source.Whole, cancellation));
        }
        catch (OnnxExportException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static OnnxModel Build(DetectorMetadata metadata, RequiredWeights weights) => DetectorGraph.Build(
        metadata.Architecture, metadata.Rules, weights, metadata.InputKind, metadata.Images.Colors);
}
