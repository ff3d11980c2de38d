using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.SearchSpace;

/// <summary>Writes a parameter as its plain value and reads it back by its kind in JSON.</summary>
internal sealed class ParameterConverter : JsonConverter<Parameter>
{
    public override Parameter Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number:
                return reader.TryGetInt64(out var whole) ? Parameter.FromLong(whole) : Parameter.FromDouble(reader.GetDouble());
            case JsonTokenType.String:
                return Parameter.FromString(reader.GetString());
            case JsonTokenType.True or JsonTokenType.False:
                return Parameter.FromBool(reader.GetBoolean());
            case JsonTokenType.StartObject:
                return Parameter.CreateNestedParameter([.. JsonSerializer.Deserialize<Dictionary<string, Parameter>>(ref reader, options)]);
            case JsonTokenType.StartArray:
                return Parameter.FromIEnumerable(JsonSerializer.Deserialize<List<Parameter>>(ref reader, options));
            default:
                throw new ArgumentException($"Unsupported reader type {reader.TokenType}");
        }
    }

    public override void Write(Utf8JsonWriter writer, Parameter value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value.Value, options);
}
