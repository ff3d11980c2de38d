using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Files;

/// <summary>How reports are written as JSON.</summary>
internal static class ReportJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new CountsOnOneLine() },
    };

    /// <summary>
    /// A row of counts on one line: the confusion matrices of 1,000 classes have three million, and would have as many lines.
    /// </summary>
    private sealed class CountsOnOneLine : JsonConverter<int[]>
    {
        public override int[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Reports are only written.");

        public override void Write(Utf8JsonWriter writer, int[] value, JsonSerializerOptions options) =>
            writer.WriteRawValue($"[{string.Join(", ", value)}]", skipInputValidation: true);
    }
}
