using System.Collections;
using System.Reflection;
using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.SearchSpace;

/// <summary>Options by name, nested ones among them. Their coordinates follow one another in the order of the names.</summary>
public class SearchSpace : OptionBase, IEnumerable<KeyValuePair<string, OptionBase>>
{
    private readonly Dictionary<string, OptionBase> _options = [];

    public override double[] Default => [.. InOrder.SelectMany(option => option.Value.Default)];

    public override int FeatureSpaceDim => _options.Values.Sum(option => option.FeatureSpaceDim);

    public override int?[] Step => [.. InOrder.SelectMany(option => option.Value.Step)];

    public ICollection<string> Keys => _options.Keys;

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
        return sample;
    }

    public override double[] MappingToFeatureSpace(Parameter parameter) =>
        [.. InOrder.SelectMany(option => option.Value.MappingToFeatureSpace(parameter[option.Key]))];

    public bool Remove(string key) => _options.Remove(key);

    public bool TryGetValue(string key, out OptionBase value) => _options.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, OptionBase>> GetEnumerator() => _options.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The options that the attributes of a class's properties describe.</summary>
public sealed class SearchSpace<T> : SearchSpace
    where T : class, new()
{
    public SearchSpace()
    {
        foreach (var property in typeof(T).GetProperties())
            if (OptionOf(property) is { } option)
                this[property.Name] = option;
    }

    public new T SampleFromFeatureSpace(double[] feature) => base.SampleFromFeatureSpace(feature).AsType<T>();

    private static OptionBase OptionOf(PropertyInfo property)
    {
        if (property.GetCustomAttribute<ChoiceAttribute>() is { } choice)
            return new ChoiceOption(choice.Candidates, choice.DefaultValue);
        if (property.GetCustomAttribute<RangeAttribute>() is not { } range)
            return null;
        return (range.Min, range.Max) is (double min, double max)
            ? new UniformDoubleOption(min, max, range.LogBase, (double?)range.Init)
            : throw RealPackage.Needed($"A range of {range.Min.GetType()}");
    }
}
