using System.Reflection;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.SearchSpace;

/// <summary>Reads options from the attributes of a class's members.</summary>
internal static class AttributedOptions
{
    public static Dictionary<string, OptionBase> Of(Type type)
    {
        var fields = type.GetFields(BindingFlags.Public | BindingFlags.Instance)
            .Select(field => (Member: (MemberInfo)field, field.FieldType));
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (Member: (MemberInfo)property, property.PropertyType));
        var options = new Dictionary<string, OptionBase>();
        foreach (var (member, memberType) in fields.Concat(properties))
            if (Option(member, memberType) is { } option)
                options.Add(member.Name, option);
        return options;
    }

    private static OptionBase Option(MemberInfo member, Type memberType)
    {
        if (member.GetCustomAttribute<ChoiceAttribute>() is { } choice)
            return new ChoiceOption(choice.Candidates, choice.DefaultValue);
        if (member.GetCustomAttribute<RangeAttribute>() is { } range)
            return Numeric(range);
        if (member.GetCustomAttribute<BooleanChoiceAttribute>() is { } boolean)
            return new ChoiceOption([true, false], boolean.DefaultValue);
        return member.GetCustomAttribute<NestOptionAttribute>() is null ? null : new SearchSpace(Of(memberType));
    }

    private static UniformNumericOption Numeric(RangeAttribute range) => (range.Min, range.Max) switch
    {
        (double min, double max) => new UniformDoubleOption(min, max, range.LogBase, (double?)range.Init),
        (int min, int max) => new UniformIntOption(min, max, range.LogBase, (int?)range.Init),
        (float min, float max) => new UniformSingleOption(min, max, range.LogBase, (float?)range.Init),
        _ => throw new NotSupportedException($"A range of {range.Min.GetType()} cannot be swept."),
    };
}
