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
    /// <inheritdoc cref="PhotoModelFile.Write" path="/exception"/>
    public static DetectorModel Of(
        DetectorArchitecture architecture, DetectionRules rules, DetectorPreprocessing images, ClassLabels labels, IWeightSource weights,
        bool isOfFiles = false)
    {
        var metadata = new DetectorMetadata(
            architecture, rules, images, OnnxInputKind.NormalizedNchw, labels.Names, LabelType.NameFor(labels))
        {
            IsOfFiles = isOfFiles,
        };
        return new DetectorModel(metadata, labels, PhotoModelFile.Write(metadata, weights));
    }

    /// <inheritdoc cref="PhotoModelFile.Read"/>
    public static DetectorModel Read(ByteSource source, CancellationToken cancellation = default)
    {
        var (metadata, labels, onnx) = PhotoModelFile.Read(source, "detector", DetectorMetadata.Parse, cancellation);
        return new DetectorModel(metadata, labels, onnx);
    }
}
