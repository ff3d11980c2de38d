using System.Text.Json;

namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>What a detector's file says of itself.</summary>
internal sealed record DetectorMetadata(
    DetectorArchitecture Architecture, DetectionRules Rules, DetectorPreprocessing Images, OnnxInputKind InputKind,
    IReadOnlyList<string> Labels, string? LabelType)
    : PhotoMetadata(Images, InputKind, Labels, LabelType)
{
    private const string ArchitectureKey = OnnxModelMetadata.DetectorKey, RulesKey = "conformer.rules";

    public override int SizeDivisor => Architecture.SizeDivisor;

    public override IEnumerable<NetworkLayer> Layers => Architecture.Layers(SizeDivisor, SizeDivisor);

    protected override string Kind => "detectors";

    protected override VisionArchitecture? Backbone => Architecture.Backbone;

    protected override int NumClasses => Architecture.NumClasses;

    protected override IEnumerable<KeyValuePair<string, string>> OwnEntries =>
        [new(ArchitectureKey, ToJson(Architecture)), new(RulesKey, JsonSerializer.Serialize(Rules, Json))];

    public static string ToJson(DetectorArchitecture architecture) => JsonSerializer.Serialize(architecture, Json);

    /// <summary>What <see cref="ToJson"/> wrote; whether there can be such a detector is not checked.</summary>
    /// <exception cref="JsonException">It is no such JSON.</exception>
    public static DetectorArchitecture ToArchitecture(string json) =>
        JsonSerializer.Deserialize<DetectorArchitecture>(json, Json) ?? throw new JsonException("It is null.");

    /// <summary>Whether a file says that it is a detector.</summary>
    public static bool IsIn(IReadOnlyDictionary<string, string> entries) => entries.ContainsKey(ArchitectureKey);

    /// <summary>What a file says; null where it does not say that it is a detector.</summary>
    /// <exception cref="FormatException">An entry is missing or cannot be read, or what it says cannot be.</exception>
    public static DetectorMetadata? Parse(IReadOnlyDictionary<string, string> entries)
    {
        if (!IsIn(entries))
            return null;
        var metadata = new DetectorMetadata(
            Read<DetectorArchitecture>(entries, ArchitectureKey), Read<DetectionRules>(entries, RulesKey), ImagesIn(entries),
            InputKindIn(entries), LabelsIn(entries), entries.GetValueOrDefault(OnnxModelMetadata.LabelTypeKey))
        {
            IsOfFiles = IsOfFilesIn(entries),
        };
        metadata.ThrowIfFaulty("detector");
        return metadata;
    }

    public override OnnxModel Build(RequiredWeights weights) =>
        DetectorGraph.Build(Architecture, Rules, weights, InputKind, Images.Colors);

    protected override IEnumerable<string> OwnFaults() => Architecture.Faults().Concat(Rules.Faults());
}
