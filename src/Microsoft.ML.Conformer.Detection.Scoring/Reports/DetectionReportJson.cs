using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Conformer.Detection.Reports;

/// <summary>How a report is written as JSON: the curves of each class, ten of 101 numbers, a line each.</summary>
internal static class DetectionReportJson
{
    public static JsonSerializerOptions Options { get; } = new(ReportJson.Options) { Converters = { new NumbersOnOneLine() } };

    private sealed class NumbersOnOneLine : JsonConverter<IReadOnlyList<double>>
    {
        public override IReadOnlyList<double> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Reports are only written.");

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<double> value, JsonSerializerOptions options) => writer.WriteRawValue(
            $"[{string.Join(", ", value.Select(number => number.ToString("R", CultureInfo.InvariantCulture)))}]", skipInputValidation: true);
    }
}
