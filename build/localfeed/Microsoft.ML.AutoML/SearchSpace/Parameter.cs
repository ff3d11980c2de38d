using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.SearchSpace;

/// <summary>
/// A sampled value: a number, text, truth value, list, or object with parameters of its own. Two are equal if their JSON is.
/// </summary>
[JsonConverter(typeof(ParameterConverter))]
public sealed class Parameter : IDictionary<string, Parameter>, IEquatable<Parameter>, IEqualityComparer<Parameter>
{
    private static readonly JsonSerializerOptions s_conversion = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private Parameter(object value, ParameterType type) => (Value, ParameterType) = (value, type);

    public ParameterType ParameterType { get; }

    /// <summary>The number of members of an object, else 1.</summary>
    public int Count => Value is Dictionary<string, Parameter> members ? members.Count : 1;

    public bool IsReadOnly => false;

    public ICollection<string> Keys => Members.Keys;

    ICollection<Parameter> IDictionary<string, Parameter>.Values => Members.Values;

    internal object Value { get; }

    private Dictionary<string, Parameter> Members => (Dictionary<string, Parameter>)Value;

    public Parameter this[string key]
    {
        get => Members[key];
        set => Members[key] = value;
    }

    public static Parameter FromDouble(double value) => new(value, ParameterType.Number);

    public static Parameter FromFloat(float value) => new(value, ParameterType.Number);

    public static Parameter FromLong(long value) => new(value, ParameterType.Integer);

    public static Parameter FromInt(int value) => new(value, ParameterType.Integer);

    public static Parameter FromString(string value) => new(value, ParameterType.String);

    public static Parameter FromBool(bool value) => new(value, ParameterType.Bool);

    public static Parameter FromEnum<T>(T value)
        where T : struct, Enum => FromString(Enum.GetName(value));

    public static Parameter FromIEnumerable<T>(IEnumerable<T> values) => new(values, ParameterType.Array);

    /// <summary>Takes a simple value as it is, and of any other object the public properties that can be read and written.</summary>
    public static Parameter FromObject<T>(T value)
        where T : class => FromObject(value, typeof(T));

    public static Parameter CreateNestedParameter(params KeyValuePair<string, Parameter>[] parameters)
    {
        var nested = new Parameter(new Dictionary<string, Parameter>(), ParameterType.Object);
        foreach (var (key, value) in parameters)
            nested[key] = value;
        return nested;
    }

    /// <summary>The value as a <typeparamref name="T"/>, by way of JSON where it is of another type.</summary>
    public T AsType<T>() =>
        Value is T value ? value : JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(Value, s_conversion), s_conversion);

    public void Add(string key, Parameter value) => Members.Add(key, value);

    public void Add(KeyValuePair<string, Parameter> item) => Members.Add(item.Key, item.Value);

    public void Clear() => Members.Clear();

    public bool Contains(KeyValuePair<string, Parameter> item) => Members.Contains(item);

    public bool ContainsKey(string key) => Members.ContainsKey(key);

    public void CopyTo(KeyValuePair<string, Parameter>[] array, int arrayIndex) =>
        ((IDictionary<string, Parameter>)Members).CopyTo(array, arrayIndex);

    public bool Remove(string key) => Members.Remove(key);

    public bool Remove(KeyValuePair<string, Parameter> item) => ((IDictionary<string, Parameter>)Members).Remove(item);

    public bool TryGetValue(string key, out Parameter value) => Members.TryGetValue(key, out value);

    IEnumerator<KeyValuePair<string, Parameter>> IEnumerable<KeyValuePair<string, Parameter>>.GetEnumerator() => Members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Members.GetEnumerator();

    public bool Equals(Parameter other) => other is not null && (ReferenceEquals(this, other) || ToString() == other.ToString());

    public bool Equals(Parameter x, Parameter y) => x.GetHashCode() == y.GetHashCode();

    public int GetHashCode(Parameter obj) => obj.GetHashCode();

    public override int GetHashCode() => ToString().GetHashCode();

    /// <summary>The value's JSON.</summary>
    public override string ToString() => JsonSerializer.Serialize(this);

    private static Parameter FromObject(object value, Type type) => value switch
    {
        int number => FromInt(number),
        long number => FromLong(number),
        double number => FromDouble(number),
        float number => FromFloat(number),
        string text => FromString(text),
        bool flag => FromBool(flag),
        IEnumerable values => new Parameter(values, ParameterType.Array),
        Enum choice => FromString(Enum.GetName(choice.GetType(), choice)),
        _ => FromMembers(value, type),
    };

    private static Parameter FromMembers(object value, Type type)
    {
        var nested = CreateNestedParameter();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (!property.CanRead || !property.CanWrite || property.GetValue(value) is not { } member)
                continue;
            var parameter = FromObject(member, property.PropertyType);
            if (parameter.Count > 0)
                nested[property.Name] = parameter;
        }
        return nested;
    }
}
