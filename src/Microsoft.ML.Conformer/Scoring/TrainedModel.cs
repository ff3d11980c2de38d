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
        WriteOnnx(onnx);
        return onnx.ToArray();
    }

    public override void WriteOnnx(Stream destination) => WriteOnnx(destination, InputKind, includeClassIndex: false);

    public override void WritePortableOnnx(Stream destination) => WriteOnnx(destination, PortableInputKind, includeClassIndex: true);

    /// <summary>Writes an ONNX graph: input image, [N, 3, S, S]; output Score, [N, C], and where wanted ClassIndex, int64 [N, 1].</summary>
    public void WriteOnnx(Stream destination, OnnxInputKind input, bool includeClassIndex)
    {
        OnnxExporter.Export(destination, Architecture, Weights, new OnnxGraphSettings
        {
            ImageHeight = ImageSize,
            ImageWidth = ImageSize,
            InputKind = input,
            IncludeClassIndex = includeClassIndex,
            Labels = Labels.Names,
            IncludeSlotNames = Labels.AreText,
        });
        LabelType.Record(Labels, destination);
    }
}
