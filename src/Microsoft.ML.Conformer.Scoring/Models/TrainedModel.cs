namespace Microsoft.ML.Conformer.Models;

/// <summary>What training leaves: everything that scoring and saving need.</summary>
internal sealed record TrainedModel(
    VisionArchitecture Architecture, IWeightSource Weights, int ImageSize, ClassLabels Labels, ScoringColumns Columns)
    : ScorableModel(Architecture, ImageSize, Labels, Columns)
{
    public override OnnxInputKind InputKind => OnnxInputKind.NormalizedNchw;

    public override byte[] ToOnnx() => OnnxModelWriter.ToArray(Build(InputKind, new OnnxExportOptions(), includeClassIndex: false));

    public override void SaveWeights(Stream destination) => SafetensorsWriter.Write(
        destination, Architecture.StateDict(), Weights, new Dictionary<string, string> { ["format"] = "pt" });

    protected override OnnxModel Build(OnnxGraphSettings settings) => OnnxExporter.Build(Architecture, Weights, settings);
}
