using System.Text.Json;

namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>What the file of a network for segmentation says of itself.</summary>
internal sealed record SegmenterMetadata(
    SegmentationArchitecture Architecture, DetectorPreprocessing Images, OnnxInputKind InputKind, IReadOnlyList<string> Labels)
    : PhotoMetadata(Images, InputKind, Labels)
{
    private const string ArchitectureKey = OnnxModelMetadata.SegmenterKey;

    /// <summary>As mmsegmentation has it for ADE20K: the shorter side becomes 512 pixels.</summary>
    public static DetectorPreprocessing DefaultImages { get; } = new() { LongestSide = 2048, ShortestSide = 512 };

    public override int SizeDivisor => Architecture.SizeDivisor;

    public override IEnumerable<NetworkLayer> Layers =>
        Architecture.Layers(SizeDivisor, SizeDivisor).Where(layer => !SegmentationLayout.IsForTraining(layer));

    protected override string Kind => "networks for segmentation";

    protected override VisionArchitecture? Backbone => Architecture.Backbone;

    protected override int NumClasses => Architecture.NumClasses;

    protected override IEnumerable<KeyValuePair<string, string>> OwnEntries => [new(ArchitectureKey, ToJson(Architecture))];

    public static string ToJson(SegmentationArchitecture architecture) => JsonSerializer.Serialize(architecture, Json);

    /// <summary>What a file says; null where it does not say that it is a network for segmentation.</summary>
    /// <exception cref="FormatException">An entry is missing or cannot be read, or what it says cannot be.</exception>
    public static SegmenterMetadata? Parse(IReadOnlyDictionary<string, string> entries)
    {
        if (!entries.ContainsKey(ArchitectureKey))
            return null;
        var metadata = new SegmenterMetadata(
            Read<SegmentationArchitecture>(entries, ArchitectureKey), ImagesIn(entries), InputKindIn(entries), LabelsIn(entries))
        {
            IsOfFiles = IsOfFilesIn(entries),
        };
        metadata.ThrowIfFaulty("network");
        return metadata;
    }

    public override OnnxModel Build(RequiredWeights weights) => SegmentationGraph.Build(Architecture, weights, InputKind, Images.Colors);

    protected override IEnumerable<string> OwnFaults() => Architecture.Faults();
}
