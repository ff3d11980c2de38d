using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.AutoML;

namespace Microsoft.ML.SearchSpace;

/// <summary>What a <see cref="Parameter"/> holds, in JSON's terms.</summary>
public enum ParameterType
{
    Integer = 0,
    Number = 1,
    Bool = 2,
    String = 3,
    Object = 4,
}

/// <summary>A sampled value: a number, text, truth value, or object with parameters of its own. Two are equal if their JSON is.</summary>
[JsonConverter(typeof(Converter))]
public sealed class Parameter : IEnumerable<KeyValuePair<string, Parameter>>, IEquatable<Parameter>
{
    private static readonly JsonSerializerOptions s_conversion = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly object _value;

    private Parameter(object value, ParameterType type) => (_value, ParameterType) = (value, type);

    public ParameterType ParameterType { get; }

    private Dictionary<string, Parameter> Members => (Dictionary<string, Parameter>)_value;

    public Parameter this[string key]
    {
        get => Members[key];
        set => Members[key] = value;
    }

    public static Parameter FromDouble(double value) => new(value, ParameterType.Number);

    public static Parameter FromLong(long value) => new(value, ParameterType.Integer);

    public static Parameter FromInt(int value) => new(value, ParameterType.Integer);

    public static Parameter FromString(string value) => new(value, ParameterType.String);

    public static Parameter FromBool(bool value) => new(value, ParameterType.Bool);

    public static Parameter CreateNestedParameter(params KeyValuePair<string, Parameter>[] parameters) =>
        new(new Dictionary<string, Parameter>(parameters), ParameterType.Object);

    /// <summary>The value as a <typeparamref name="T"/>, by way of JSON where it is of another type.</summary>
    public T AsType<T>() =>
        _value is T value ? value : JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(_value, s_conversion), s_conversion);

    public bool TryGetValue(string key, out Parameter value) => Members.TryGetValue(key, out value);

    IEnumerator<KeyValuePair<string, Parameter>> IEnumerable<KeyValuePair<string, Parameter>>.GetEnumerator() => Members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Members.GetEnumerator();

    public bool Equals(Parameter other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode();

    /// <summary>The value's JSON.</summary>
    public override string ToString() => JsonSerializer.Serialize(this);

    internal static Parameter FromSimpleValue(object value) => value switch
    {
        int number => FromInt(number),
        double number => FromDouble(number),
        string text => FromString(text),
        bool flag => FromBool(flag),
        Enum choice => FromString(choice.ToString()),
        _ => throw RealPackage.Needed($"A choice of {value.GetType()}"),
    };

    /// <summary>Writes a parameter as its plain value and reads it back by its kind in JSON.</summary>
    private sealed class Converter : JsonConverter<Parameter>
    {
        public override Parameter Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.Number:
                    return reader.TryGetInt64(out var whole) ? FromLong(whole) : FromDouble(reader.GetDouble());
                case JsonTokenType.String:
                    return FromString(reader.GetString());
                case JsonTokenType.True or JsonTokenType.False:
                    return FromBool(reader.GetBoolean());
                case JsonTokenType.StartObject:
                    return CreateNestedParameter([.. JsonSerializer.Deserialize<Dictionary<string, Parameter>>(ref reader, options)]);
                default:
                    throw new ArgumentException($"Unsupported reader type {reader.TokenType}");
            }
        }

        public override void Write(Utf8JsonWriter writer, Parameter value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value._value, options);
    }
}
