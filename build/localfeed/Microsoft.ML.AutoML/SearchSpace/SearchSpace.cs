using System.Collections;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.SearchSpace;

/// <summary>Options by name, nested ones among them. Their coordinates follow one another in the order of the names.</summary>
public class SearchSpace : OptionBase, IDictionary<string, OptionBase>
{
    private readonly Dictionary<string, OptionBase> _options;
    private readonly Parameter _defaultOption;

    public SearchSpace() => _options = [];

    /// <param name="typeInfo">Gives the options, by the attributes of its public fields and properties.</param>
    /// <param name="defaultOption">Gives the values of members that are not swept.</param>
    protected SearchSpace(Type typeInfo, Parameter defaultOption = null) =>
        (_options, _defaultOption) = (AttributedOptions.Of(typeInfo), defaultOption);

    internal SearchSpace(Dictionary<string, OptionBase> options) => _options = options;

    public override double[] Default => [.. InOrder.SelectMany(option => option.Value.Default)];

    public override int FeatureSpaceDim => _options.Values.Sum(option => option.FeatureSpaceDim);

    public override int?[] Step => [.. InOrder.SelectMany(option => option.Value.Step)];

    public ICollection<string> Keys => _options.Keys;

    public ICollection<OptionBase> Values => _options.Values;

    public int Count => _options.Count;

    public bool IsReadOnly => false;

    private IEnumerable<KeyValuePair<string, OptionBase>> InOrder => _options.OrderBy(option => option.Key);

    public OptionBase this[string key]
    {
        get => _options[key];
        set => _options[key] = value;
    }

    public override Parameter SampleFromFeatureSpace(double[] feature)
    {
        var sample = Parameter.CreateNestedParameter();
        var first = 0;
        foreach (var (name, option) in InOrder)
        {
            sample[name] = option.SampleFromFeatureSpace([.. feature.Skip(first).Take(option.FeatureSpaceDim)]);
            first += option.FeatureSpaceDim;
        }
        return _defaultOption is null ? sample : Merge(_defaultOption, sample);
    }

    public override double[] MappingToFeatureSpace(Parameter parameter) =>
        [.. InOrder.SelectMany(option => option.Value.MappingToFeatureSpace(parameter[option.Key]))];

    public void Add(string key, OptionBase value) => _options.Add(key, value);

    public void Add(KeyValuePair<string, OptionBase> item) => _options.Add(item.Key, item.Value);

    public void Clear() => _options.Clear();

    public bool Contains(KeyValuePair<string, OptionBase> item) => _options.Contains(item);

    public bool ContainsKey(string key) => _options.ContainsKey(key);

    public void CopyTo(KeyValuePair<string, OptionBase>[] array, int arrayIndex) =>
        ((IDictionary<string, OptionBase>)_options).CopyTo(array, arrayIndex);

    public bool Remove(string key) => _options.Remove(key);

    public bool Remove(KeyValuePair<string, OptionBase> item) => ((IDictionary<string, OptionBase>)_options).Remove(item);

    public bool TryGetValue(string key, out OptionBase value) => _options.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, OptionBase>> GetEnumerator() => _options.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Both objects' members, and where both have one, that of <paramref name="values"/>.</summary>
    private static Parameter Merge(Parameter defaults, Parameter values)
    {
        if (defaults.ParameterType != ParameterType.Object || values.ParameterType != ParameterType.Object)
            return values;
        var merged = Parameter.CreateNestedParameter();
        foreach (var key in defaults.Keys.Union(values.Keys))
        {
            merged[key] = defaults.TryGetValue(key, out var one)
                ? values.TryGetValue(key, out var other) ? Merge(one, other) : one
                : values[key];
        }
        return merged;
    }
}
