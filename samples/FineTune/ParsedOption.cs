using System.CommandLine;
using System.Globalization;

namespace FineTune;

/// <summary>Options whose values are checked, with an error that says what was expected.</summary>
internal static class ParsedOption
{
    /// <summary>A whole number within bounds; null where the option is absent.</summary>
    public static Option<int?> WholeNumber(string name, string description, int minimum, int maximum) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        CustomParser = result =>
        {
            var text = result.Tokens.Single().Value;
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number >= minimum && number <= maximum)
                return number;
            result.AddError($"{name} must be a whole number from {minimum} to {maximum}, not '{text}'.");
            return null;
        },
    };

    /// <summary>One of some names, in any case; null where the option is absent.</summary>
    public static Option<T?> Named<T>(string name, string description, Dictionary<string, T> values)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = string.Join('|', values.Keys),
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                if (values.TryGetValue(text.ToLowerInvariant(), out var value))
                    return value;
                result.AddError($"{name} must be one of {string.Join(", ", values.Keys)}, not '{text}'.");
                return null;
            },
        };
}
