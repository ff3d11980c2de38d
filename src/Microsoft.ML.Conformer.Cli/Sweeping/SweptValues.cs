using System.Globalization;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;

namespace Conformer.Cli.Sweeping;

/// <summary>The swept options' values of a trial, found among the parameters of the experiment's pipeline.</summary>
internal static class SweptValues
{
    private const int MaxErrorLength = 1000;

    /// <summary>The values by the options' names, in alphabetical order.</summary>
    public static IReadOnlyDictionary<string, Parameter> Of(Parameter trial)
    {
        var values = new SortedDictionary<string, Parameter>(StringComparer.Ordinal);
        // EciCostFrugal puts the pipeline's first values beside the trial's own.
        Collect(trial.TryGetValue("_pipeline_", out var pipeline) ? pipeline : trial, values);
        return values;
    }

    /// <summary>The values in a line for people.</summary>
    public static string Describe(Parameter trial) =>
        string.Join("  ", Of(trial).Select(value => $"{VisibleText.Of(value.Key)} {Text(value.Value)}"));

    /// <summary>A value for people.</summary>
    public static string Text(Parameter value) => value.ParameterType switch
    {
        ParameterType.Number => value.AsType<double>().ToString("g3", CultureInfo.InvariantCulture),
        ParameterType.String => VisibleText.Of(value.AsType<string>()),
        _ => VisibleText.Of(value.ToString()!),
    };

    /// <summary>Why a trial failed, for people; null where it did not.</summary>
    public static string? Error(TrialRecord trial) => trial.Error is { } error ? VisibleText.Cut(error, MaxErrorLength) : null;

    private static void Collect(Parameter parameter, SortedDictionary<string, Parameter> values)
    {
        foreach (var (name, value) in parameter.AsEnumerable())
            if (value.ParameterType == ParameterType.Object)
                Collect(value, values);
            else if (name != "_SCHEMA_") // AutoML's own: the order of the pipeline's estimators
                values[name] = value;
    }
}
