namespace Microsoft.ML.Conformer.Columns;

/// <summary>What is wrong with options, collected to be reported at once.</summary>
internal static class OptionFaults
{
    /// <summary>The faults of options that name columns: each must be there, and no two the same.</summary>
    public static IEnumerable<string> OfColumns(IEnumerable<(string Option, string Name)> columns)
    {
        foreach (var (option, name) in columns)
            if (string.IsNullOrWhiteSpace(name))
                yield return $"{option} is empty; it must name a column.";
        foreach (var same in columns.Where(c => !string.IsNullOrWhiteSpace(c.Name)).GroupBy(c => c.Name).Where(g => g.Count() > 1))
            yield return $"{string.Join(" and ", same.Select(c => c.Option))} are all '{same.Key}'; they must differ.";
    }

    public static string NotDefined<TEnum>(string option, TEnum value) where TEnum : struct, Enum =>
        $"{option} is {value}; it must be one of {string.Join(", ", Enum.GetNames<TEnum>())}.";

    /// <summary>A sentence where a value is outside of a range; <see cref="double.MaxValue"/> stands for no upper end.</summary>
    public static IEnumerable<string> Outside(string name, double value, double lowest, double highest)
    {
        if (!(value >= lowest && value <= highest))
            yield return FormattableString.Invariant($"{name} is {value}; it must be ") +
                (highest >= int.MaxValue ? FormattableString.Invariant($"at least {lowest}.")
                    : FormattableString.Invariant($"{lowest}-{highest}."));
    }

    public static void ThrowIfAny(IReadOnlyCollection<string> faults)
    {
        if (faults.Count > 0)
            throw new ArgumentException("These options cannot be used: " + string.Join(" ", faults), "options");
    }
}
