using System.Text.Json;

namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>
/// What a detector's file says of itself. It has no times or machine names: the same detector always gives the same bytes.
/// </summary>
internal sealed record DetectorMetadata(
    DetectorArchitecture Architecture, DetectionRules Rules, DetectorPreprocessing Images, OnnxInputKind InputKind,
    IReadOnlyList<string> Labels, string? LabelType)
{
    /// <summary>Whether the images it was trained on were named by their files' paths; it takes any kind of images either way.</summary>
    public bool IsOfFiles { get; init; }

    private const string ArchitectureKey = "conformer.detector", RulesKey = "conformer.rules", ImagesKey = "conformer.images",
        InputKey = "conformer.input";

    private static readonly JsonSerializerOptions _json = BackboneConverter.Json;

    public static string ToJson(DetectorArchitecture architecture) => JsonSerializer.Serialize(architecture, _json);

    public IReadOnlyList<KeyValuePair<string, string>> ToEntries()
    {
        List<KeyValuePair<string, string>> entries =
        [
            new(ArchitectureKey, ToJson(Architecture)),
            new(RulesKey, JsonSerializer.Serialize(Rules, _json)),
            new(ImagesKey, JsonSerializer.Serialize(Images, _json)),
            new(InputKey, JsonSerializer.Serialize(InputKind, _json)),
            new(OnnxModelMetadata.VersionKey, OnnxModelMetadata.CurrentVersion),
            new(OnnxModelMetadata.LabelsKey, JsonSerializer.Serialize(Labels, _json)),
        ];
        if (LabelType is not null)
            entries.Add(new(OnnxModelMetadata.LabelTypeKey, LabelType));
        if (IsOfFiles)
            entries.Add(new(OnnxModelMetadata.SourceKey, OnnxModelMetadata.SourceOfFiles));
        return entries;
    }

    /// <summary>Whether a file says that it is a detector.</summary>
    public static bool IsIn(IReadOnlyDictionary<string, string> entries) => entries.ContainsKey(ArchitectureKey);

    /// <exception cref="FormatException">An entry is missing or cannot be read, or what it says cannot be.</exception>
    public static DetectorMetadata Parse(IReadOnlyDictionary<string, string> entries)
    {
        T Read<T>(string key) where T : class => OnnxModelMetadata.Read(entries, key, json => JsonSerializer.Deserialize<T>(json, _json));
        var kind = OnnxModelMetadata.Read(
            entries, InputKey, json => (object)JsonSerializer.Deserialize<OnnxInputKind>(json, _json));
        var metadata = new DetectorMetadata(
            Read<DetectorArchitecture>(ArchitectureKey), Read<DetectionRules>(RulesKey), Read<DetectorPreprocessing>(ImagesKey),
            (OnnxInputKind)kind,
            OnnxModelMetadata.ReadLabels(entries) ?? throw new FormatException(
                $"The ONNX file has no metadata entry '{OnnxModelMetadata.LabelsKey}': its classes have no names."),
            entries.GetValueOrDefault(OnnxModelMetadata.LabelTypeKey))
        {
            IsOfFiles = entries.GetValueOrDefault(OnnxModelMetadata.SourceKey) == OnnxModelMetadata.SourceOfFiles,
        };
        var faults = metadata.Faults().ToList();
        return faults.Count == 0
            ? metadata
            : throw new FormatException("What its metadata says of the detector cannot be. " + string.Join(" ", faults));
    }

    /// <summary>What is wrong with a detector that is to be scored, one sentence for each fault.</summary>
    public static IEnumerable<string> Faults(DetectorArchitecture architecture)
    {
        foreach (var fault in architecture.Faults())
            yield return fault;
        if (architecture.Backbone is { InputChannels: not RgbImage.Channels } backbone)
            yield return $"Its images have {backbone.InputChannels} channels; only {RgbImage.Channels} can be scored here.";
    }

    private IEnumerable<string> Faults()
    {
        foreach (var fault in Faults(Architecture).Concat(Rules.Faults()).Concat(Images.Faults()))
            yield return fault;
        if (Labels.Count != Architecture.NumClasses)
            yield return $"It names {Labels.Count} classes, but it has {Architecture.NumClasses}.";
        if (!Enum.IsDefined(InputKind) || InputKind == OnnxInputKind.PhotosNhwc)
            yield return $"Its input is {InputKind}, which detectors do not take.";
    }
}
