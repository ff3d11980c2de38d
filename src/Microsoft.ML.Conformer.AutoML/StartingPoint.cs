using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>AutoML's options keep their first value to themselves; this makes them anew with another one.</summary>
internal static class StartingPoint
{
    /// <summary>The same option, starting from <paramref name="value"/> and widened where it did not hold it.</summary>
    public static OptionBase MoveTo(object value, OptionBase option) => (option, value) switch
    {
        (UniformNumericOption { LogBase: true }, double and <= 0.0) => option, // has no logarithm
        (UniformNumericOption range, double start) =>
            new UniformDoubleOption(Math.Min(range.Min, start), Math.Max(range.Max, start), range.LogBase, start),
        (ChoiceOption choice, _) => Choice(choice, value),
        _ => option,
    };

    private static ChoiceOption Choice(ChoiceOption choice, object start)
    {
        var values = choice.Choices.Select(parameter => Value(parameter, start.GetType())).ToList();
        if (!values.Contains(start))
        {
            values.Add(start);
            values.Sort();
        }
        return new ChoiceOption([.. values], start);
    }

    private static object Value(Parameter parameter, Type type) =>
        type.IsEnum ? Enum.Parse(type, parameter.AsType<string>())
        : type == typeof(string) ? parameter.AsType<string>()
        : type == typeof(bool) ? parameter.AsType<bool>()
        : Convert.ChangeType(parameter.AsType<double>(), type, System.Globalization.CultureInfo.InvariantCulture);
}
