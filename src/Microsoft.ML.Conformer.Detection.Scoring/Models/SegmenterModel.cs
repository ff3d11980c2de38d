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
    /// <param name="isOfFiles">Whether the images it was trained on were named by their files' paths.</param>
    /// <inheritdoc cref="PhotoModelFile.Write" path="/exception"/>
    public static SegmenterModel Of(
        SegmentationArchitecture architecture, DetectorPreprocessing images, IReadOnlyList<string> classNames, IWeightSource weights,
        bool isOfFiles = false)
    {
        var metadata = new SegmenterMetadata(architecture, images, OnnxInputKind.NormalizedNchw, classNames) { IsOfFiles = isOfFiles };
        return new SegmenterModel(metadata, PhotoModelFile.Write(metadata, weights));
    }

    /// <inheritdoc cref="PhotoModelFile.Read"/>
    public static SegmenterModel Read(ByteSource source, CancellationToken cancellation = default)
    {
        var (metadata, _, onnx) = PhotoModelFile.Read(source, "network for segmentation", SegmenterMetadata.Parse, cancellation);
        return new SegmenterModel(metadata, onnx);
    }
}
