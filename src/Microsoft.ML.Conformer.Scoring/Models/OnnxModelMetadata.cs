using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Models;

/// <summary>What a file says of itself. It has no times or machine names: the same network always gives the same bytes.</summary>
internal sealed record OnnxModelMetadata(
    VisionArchitecture Architecture, int ImageHeight, int ImageWidth, OnnxInputKind InputKind, ImagePreprocessing Preprocessing,
    IReadOnlyList<string>? Labels, string? LabelType, string? Recipe, bool IsOfFiles,
    string LibraryVersion)
{
    /// <summary>The numbers that the file's network computes with.</summary>
    public OnnxPrecision Precision { get; init; }

    /// <summary>By what the heads' logits were divided since the training.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The name of the file with the larger weights, beside the ONNX file; null where they are in that.</summary>
    public string? ExternalData { get; init; }

    /// <summary>The checksum of that file; null where it has none.</summary>
    public string? ExternalChecksum { get; init; }

    /// <summary>The type of the labels' values: a .NET type's name, or "None" where keys carry none; absent for text.</summary>
    public const string LabelTypeKey = "conformer.labelType";

    /// <summary>Only some files have these: a precision other than 32-bit floats, and the agreement with the network in these.</summary>
    public const string PrecisionKey = "conformer.precision", AgreementKey = "conformer.agreement";

    /// <summary>All files have the version of what wrote them, and those with classes their names.</summary>
    public const string LabelsKey = "conformer.labels", VersionKey = "conformer.version";

    /// <summary>Whether the images that it was trained on were named by their files' paths.</summary>
    public const string SourceKey = "conformer.source", SourceOfFiles = "files";

    /// <summary>What files of networks that see whole photos have in the place of <see cref="ArchitectureKey"/>.</summary>
    public const string DetectorKey = "conformer.detector", SegmenterKey = "conformer.segmenter";

    private const string ArchitectureKey = "conformer.architecture", InputKey = "conformer.input",
        PreprocessingKey = "conformer.preprocessing", RecipeKey = "conformer.recipe", TemperatureKey = "conformer.temperature";

    /// <summary>How entries are written.</summary>
    internal static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>This library's version, without build details.</summary>
    public static string CurrentVersion { get; } = typeof(OnnxModelMetadata).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static OnnxModelMetadata Of(VisionArchitecture architecture, OnnxGraphSettings settings) => new(
        architecture, settings.ImageHeight, settings.ImageWidth, settings.InputKind, settings.Preprocessing, settings.Labels,
        settings.LabelType, settings.Recipe, settings.IsOfFiles, CurrentVersion)
    {
        Temperature = settings.Temperature,
    };

    public IReadOnlyList<KeyValuePair<string, string>> ToEntries()
    {
        List<KeyValuePair<string, string>> entries =
        [
            new(ArchitectureKey, KnownNetworks.ToJson(Architecture, Json)),
            new(InputKey, JsonSerializer.Serialize(new Input(InputKind, ImageHeight, ImageWidth), Json)),
            new(PreprocessingKey, JsonSerializer.Serialize(Preprocessing, Json)),
            new(VersionKey, LibraryVersion),
        ];
        if (Labels is not null)
            entries.Add(new(LabelsKey, JsonSerializer.Serialize(Labels, Json)));
        if (LabelType is not null)
            entries.Add(new(LabelTypeKey, LabelType));
        if (Recipe is not null)
            entries.Add(new(RecipeKey, Recipe));
        if (Temperature != 1)
            entries.Add(new(TemperatureKey, Temperature.ToString(CultureInfo.InvariantCulture)));
        if (IsOfFiles)
            entries.Add(new(SourceKey, SourceOfFiles));
        return entries;
    }

    /// <summary>Reads the entries of a file that this library wrote (ONNX Runtime: ModelMetadata.CustomMetadataMap).</summary>
    public static OnnxModelMetadata Parse(IReadOnlyDictionary<string, string> entries)
    {
        if (entries.ContainsKey(DetectorKey))
            throw new FormatException("It is an object detector; LoadObjectDetector opens it.");
        if (entries.ContainsKey(SegmenterKey))
            throw new FormatException("It is a network for segmentation; LoadImageSegmenter opens it.");
        var input = Read<Input>(entries, InputKey);
        return new OnnxModelMetadata(
            Read(entries, ArchitectureKey, json => KnownNetworks.FromJson(json, Json)), input.Height, input.Width, input.Kind,
            Read<ImagePreprocessing>(entries, PreprocessingKey),
            ReadLabels(entries), entries.GetValueOrDefault(LabelTypeKey), entries.GetValueOrDefault(RecipeKey),
            entries.GetValueOrDefault(SourceKey) == SourceOfFiles, Text(entries, VersionKey))
        {
            Precision = ReadPrecision(entries),
            Temperature = ReadTemperature(entries),
            ExternalData = entries.GetValueOrDefault(OnnxExternalData.MetadataKey),
            ExternalChecksum = entries.GetValueOrDefault(OnnxExternalData.ChecksumKey),
        };
    }

    private static OnnxPrecision ReadPrecision(IReadOnlyDictionary<string, string> entries) =>
        !entries.TryGetValue(PrecisionKey, out var name) ? OnnxPrecision.Float32
        : Array.Find(Enum.GetValues<OnnxPrecision>(), precision => precision.ToString() == name) is var known && $"{known}" == name ? known
        : throw new FormatException(
            $"The ONNX file's metadata entry '{PrecisionKey}' is '{VisibleText.Of(name)}', which this version does not know.");

    private static double ReadTemperature(IReadOnlyDictionary<string, string> entries) =>
        !entries.TryGetValue(TemperatureKey, out var text) ? 1
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number)
            ? number
        : throw new FormatException(
            $"The ONNX file's metadata entry '{TemperatureKey}' is '{VisibleText.Of(text)}', which is no temperature: a number above 0.");

    /// <summary>The classes' names; null where there are none.</summary>
    public static string[]? ReadLabels(IReadOnlyDictionary<string, string> entries)
    {
        if (!entries.ContainsKey(LabelsKey))
            return null;
        var labels = Read<string?[]>(entries, LabelsKey);
        if (Array.Exists(labels, label => label is null))
            throw new FormatException($"The ONNX file's metadata entry '{LabelsKey}' has a class without a name.");
        return labels!;
    }

    private static T Read<T>(IReadOnlyDictionary<string, string> entries, string key) where T : class =>
        Read(entries, key, json => JsonSerializer.Deserialize<T>(json, Json));

    /// <summary>An entry that must be there.</summary>
    /// <exception cref="FormatException">It is absent, or cannot be read.</exception>
    public static T Read<T>(IReadOnlyDictionary<string, string> entries, string key, Func<string, T?> parse) where T : class
    {
        try
        {
            return parse(Text(entries, key))
                ?? throw new FormatException($"The ONNX file's metadata entry '{key}' is null.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // the latter for half a surrogate pair
        {
            throw new FormatException($"The ONNX file's metadata entry '{key}' cannot be read: {VisibleText.Reason(exception)}");
        }
    }

    /// <summary>The text of an entry that must be there.</summary>
    public static string Text(IReadOnlyDictionary<string, string> entries, string key) => entries.TryGetValue(key, out var text)
        ? text
        : throw new FormatException($"The ONNX file has no metadata entry '{key}': it is no network that this library exported.");

    private sealed record Input(OnnxInputKind Kind, int Height, int Width);
}
