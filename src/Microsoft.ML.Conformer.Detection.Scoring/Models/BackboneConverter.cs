using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Detection.Models;

/// <summary>Backbones are written as classifying networks are.</summary>
internal sealed class BackboneConverter : JsonConverter<VisionArchitecture>
{
    /// <summary>How what a file says of itself is written.</summary>
    public static JsonSerializerOptions Json { get; } = new(OnnxModelMetadata.Json)
    {
        Converters = { new JsonStringEnumConverter(), new BackboneConverter() },
    };

    public override VisionArchitecture? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return KnownNetworks.FromJson(document.RootElement.GetRawText(), OnnxModelMetadata.Json);
    }

    public override void Write(Utf8JsonWriter writer, VisionArchitecture value, JsonSerializerOptions options) =>
        writer.WriteRawValue(KnownNetworks.ToJson(value, OnnxModelMetadata.Json));
}
