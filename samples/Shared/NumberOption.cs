using System.CommandLine;
using System.Globalization;

namespace Samples.Shared;

/// <summary>Bounds of options that are numbers.</summary>
public static class NumberOption
{
    /// <summary>Refuses what is no number from a minimum to a maximum, and "1,5", which would be taken for 15.</summary>
    public static Option<T> Between<T>(this Option<T> option, double minimum, double maximum)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && !(double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                    && number >= minimum && number <= maximum))
                result.AddError($"{option.Name} must be a number from {minimum} to {maximum}, not '{text}'.");
        });
        return option;
    }
}
