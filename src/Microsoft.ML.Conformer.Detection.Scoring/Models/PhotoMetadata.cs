using System.Text.Json;

namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>
/// What the file of a network that sees whole photos says of itself. It has no times or machine names: the same network always gives the
/// same bytes.
/// </summary>
internal abstract record PhotoMetadata(
    DetectorPreprocessing Images, OnnxInputKind InputKind, IReadOnlyList<string> Labels, string? LabelType = null)
{
    private const string ImagesKey = "conformer.images", InputKey = "conformer.input";

    /// <summary>Whether the images it was trained on were named by their files' paths; it takes any kind of images either way.</summary>
    public bool IsOfFiles { get; init; }

    /// <summary>Sides of its padded images are multiples of so many pixels.</summary>
    public abstract int SizeDivisor { get; }

    /// <summary>The layers that its graph has, of the smallest images.</summary>
    public abstract IEnumerable<NetworkLayer> Layers { get; }

    protected static JsonSerializerOptions Json => BackboneConverter.Json;

    /// <summary>What it is called in messages, several of it: "detectors".</summary>
    protected abstract string Kind { get; }

    protected abstract VisionArchitecture? Backbone { get; }

    protected abstract int NumClasses { get; }

    /// <summary>What it alone says, written first.</summary>
    protected abstract IEnumerable<KeyValuePair<string, string>> OwnEntries { get; }

    /// <summary>Its graph, the weights yet unread, without metadata.</summary>
    public abstract OnnxModel Build(RequiredWeights weights);

    public IReadOnlyList<KeyValuePair<string, string>> ToEntries()
    {
        List<KeyValuePair<string, string>> entries =
        [
            .. OwnEntries,
            new(ImagesKey, JsonSerializer.Serialize(Images, Json)),
            new(InputKey, JsonSerializer.Serialize(InputKind, Json)),
            new(OnnxModelMetadata.VersionKey, OnnxModelMetadata.CurrentVersion),
            new(OnnxModelMetadata.LabelsKey, JsonSerializer.Serialize(Labels, Json)),
        ];
        if (LabelType is not null)
            entries.Add(new(OnnxModelMetadata.LabelTypeKey, LabelType));
        if (IsOfFiles)
            entries.Add(new(OnnxModelMetadata.SourceKey, OnnxModelMetadata.SourceOfFiles));
        return entries;
    }

    /// <exception cref="FormatException">An entry is missing or cannot be read.</exception>
    protected static T Read<T>(IReadOnlyDictionary<string, string> entries, string key) where T : class =>
        OnnxModelMetadata.Read(entries, key, json => JsonSerializer.Deserialize<T>(json, Json));

    protected static DetectorPreprocessing ImagesIn(IReadOnlyDictionary<string, string> entries) =>
        Read<DetectorPreprocessing>(entries, ImagesKey);

    protected static OnnxInputKind InputKindIn(IReadOnlyDictionary<string, string> entries) => (OnnxInputKind)OnnxModelMetadata.Read(
        entries, InputKey, json => (object)JsonSerializer.Deserialize<OnnxInputKind>(json, Json));

    protected static IReadOnlyList<string> LabelsIn(IReadOnlyDictionary<string, string> entries) =>
        OnnxModelMetadata.ReadLabels(entries) ?? throw new FormatException(
            $"The ONNX file has no metadata entry '{OnnxModelMetadata.LabelsKey}': its classes have no names.");

    protected static bool IsOfFilesIn(IReadOnlyDictionary<string, string> entries) =>
        entries.GetValueOrDefault(OnnxModelMetadata.SourceKey) == OnnxModelMetadata.SourceOfFiles;

    /// <exception cref="FormatException">What it says cannot be.</exception>
    protected void ThrowIfFaulty(string what)
    {
        if (Faults().ToList() is { Count: > 0 } faults)
            throw new FormatException($"What its metadata says of the {what} cannot be. " + string.Join(" ", faults));
    }

    /// <summary>What of what it alone says cannot be, one sentence for each fault.</summary>
    protected abstract IEnumerable<string> OwnFaults();

    /// <summary>Why photos cannot be what a backbone sees, one sentence for each fault.</summary>
    public static IEnumerable<string> Faults(VisionArchitecture? backbone)
    {
        if (backbone is { InputChannels: not RgbImage.Channels })
            yield return $"Its images have {backbone.InputChannels} channels; only {RgbImage.Channels} can be scored here.";
    }

    private IEnumerable<string> Faults()
    {
        foreach (var fault in OwnFaults().Concat(Images.Faults()).Concat(Faults(Backbone)))
            yield return fault;
        if (Labels.Count != NumClasses)
            yield return $"It names {Labels.Count} classes, but it has {NumClasses}.";
        if (!Enum.IsDefined(InputKind) || InputKind == OnnxInputKind.PhotosNhwc)
            yield return $"Its input is {InputKind}, which {Kind} do not take.";
    }
}
