using Microsoft.ML.Conformer.Modeling;
using Microsoft.ML.Conformer.Onnx;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>What training leaves: everything that scoring and saving need.</summary>
/// <param name="Architecture">The network's shape.</param>
/// <param name="Weights">The network's weights.</param>
/// <param name="ImageSize">Height and width of the network's images, in pixels.</param>
/// <param name="Labels">The classes in the order of the network's outputs.</param>
/// <param name="Columns">Names of the columns read and added.</param>
internal sealed record TrainedModel(
    ConformerArchitecture Architecture, IWeightSource Weights, int ImageSize, ClassLabels Labels, ScoringColumns Columns)
    : ScorableModel(Architecture, ImageSize, Labels, Columns)
{
    public override OnnxInputKind InputKind => OnnxInputKind.NormalizedNchw;

    public override OnnxInputKind PortableInputKind => OnnxInputKind.PixelsNchw;

    public override byte[] ToOnnx()
    {
        using var onnx = new MemoryStream();
        Write(onnx, InputKind, new OnnxExportOptions(), includeClassIndex: false);
        return onnx.ToArray();
    }

    public override void WriteOnnx(Stream destination, OnnxExportOptions options)
    {
        options.Check(Architecture);
        var input = options.IncludePreprocessing ? OnnxInputKind.PhotosNhwc : OnnxInputKind.NormalizedNchw;
        Write(destination, input, options, includeClassIndex: false);
    }

    public override void WritePortableOnnx(Stream destination) =>
        Write(destination, PortableInputKind, new OnnxExportOptions(), includeClassIndex: true);

    /// <summary>Writes an ONNX graph of S x S images: output Score, [N, C], and where wanted ClassIndex, int64 [N, 1].</summary>
    public void Write(Stream destination, OnnxInputKind input, OnnxExportOptions options, bool includeClassIndex) =>
        OnnxExporter.Export(destination, Architecture, Weights, new OnnxGraphSettings
        {
            ImageHeight = ImageSize,
            ImageWidth = ImageSize,
            InputKind = input,
            Options = options,
            IncludeClassIndex = includeClassIndex,
            Labels = Labels.Names,
            LabelType = LabelType.NameFor(Labels),
            IncludeSlotNames = Labels.AreText,
        });
}
