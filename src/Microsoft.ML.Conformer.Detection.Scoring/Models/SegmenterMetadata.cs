using System.Text.Json;

namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>
/// What the file of a network for segmentation says of itself. It has no times or machine names: the same network always gives the same
/// bytes.
/// </summary>
internal sealed record SegmenterMetadata(
    SegmentationArchitecture Architecture, DetectorPreprocessing Images, OnnxInputKind InputKind, IReadOnlyList<string> Labels)
{
    /// <summary>As mmsegmentation has it for ADE20K: the shorter side becomes 512 pixels.</summary>
    public static DetectorPreprocessing DefaultImages { get; } = new() { LongestSide = 2048, ShortestSide = 512 };

    private const string ArchitectureKey = "conformer.segmenter", ImagesKey = "conformer.images", InputKey = "conformer.input";

    private static readonly JsonSerializerOptions _json = BackboneConverter.Json;

    public static string ToJson(SegmentationArchitecture architecture) => JsonSerializer.Serialize(architecture, _json);

    public IReadOnlyList<KeyValuePair<string, string>> ToEntries() =>
    [
        new(ArchitectureKey, ToJson(Architecture)),
        new(ImagesKey, JsonSerializer.Serialize(Images, _json)),
        new(InputKey, JsonSerializer.Serialize(InputKind, _json)),
        new(OnnxModelMetadata.VersionKey, OnnxModelMetadata.CurrentVersion),
        new(OnnxModelMetadata.LabelsKey, JsonSerializer.Serialize(Labels, _json)),
    ];

    /// <summary>Whether a file says that it is a network for segmentation.</summary>
    public static bool IsIn(IReadOnlyDictionary<string, string> entries) => entries.ContainsKey(ArchitectureKey);

    /// <exception cref="FormatException">An entry is missing or cannot be read, or what it says cannot be.</exception>
    public static SegmenterMetadata Parse(IReadOnlyDictionary<string, string> entries)
    {
        T Read<T>(string key) where T : class => OnnxModelMetadata.Read(entries, key, json => JsonSerializer.Deserialize<T>(json, _json));
        var kind = OnnxModelMetadata.Read(
            entries, InputKey, json => (object)JsonSerializer.Deserialize<OnnxInputKind>(json, _json));
        var metadata = new SegmenterMetadata(
            Read<SegmentationArchitecture>(ArchitectureKey), Read<DetectorPreprocessing>(ImagesKey), (OnnxInputKind)kind,
            OnnxModelMetadata.ReadLabels(entries) ?? throw new FormatException(
                $"The ONNX file has no metadata entry '{OnnxModelMetadata.LabelsKey}': its classes have no names."));
        var faults = metadata.Faults().ToList();
        return faults.Count == 0
            ? metadata
            : throw new FormatException("What its metadata says of the network cannot be. " + string.Join(" ", faults));
    }

    private IEnumerable<string> Faults()
    {
        foreach (var fault in Architecture.Faults().Concat(Images.Faults()))
            yield return fault;
        if (Architecture.Backbone is { InputChannels: not RgbImage.Channels } backbone)
            yield return $"Its images have {backbone.InputChannels} channels; only {RgbImage.Channels} can be scored here.";
        if (Labels.Count != Architecture.NumClasses)
            yield return $"It names {Labels.Count} classes, but it has {Architecture.NumClasses}.";
        if (!Enum.IsDefined(InputKind) || InputKind == OnnxInputKind.PhotosNhwc)
            yield return $"Its input is {InputKind}, which networks for segmentation do not take.";
    }
}
