using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;

namespace Conformer.Cli.Sweeping;

/// <summary>The swept options' values of a trial, found among the parameters of the experiment's pipeline.</summary>
internal static class SweptValues
{
    private const int MaxErrorLength = 1000;

    /// <summary>The values by the members' names, in alphabetical order.</summary>
    public static IReadOnlyDictionary<string, Parameter> Of(Parameter trial)
    {
        var values = new SortedDictionary<string, Parameter>(StringComparer.Ordinal);
        // EciCostFrugal puts the pipeline's first values beside the trial's own.
        Collect(trial.TryGetValue("_pipeline_", out var pipeline) ? pipeline : trial, values);
        return values;
    }

    /// <summary>The trainer's options of a trial.</summary>
    public static ConformerTrainer.Options Options(ConformerTrainer.Options held, Parameter trial) =>
        ConformerSweepOptions.OptionsOf(held, Parameter.CreateNestedParameter([.. Of(trial)]));

    /// <summary>The values that make a difference.</summary>
    public static IEnumerable<KeyValuePair<string, Parameter>> WithPart(Parameter trial)
    {
        var values = Of(trial);
        var freezing = values.TryGetValue(nameof(TransferOptions.Freeze), out var freeze)
            && Enum.TryParse<Freezing>(freeze.AsType<string>(), out var one) ? one : Freezing.None;
        return values.Where(value => !SweepSpace.WithoutPartIn(freezing).Contains(value.Key));
    }

    /// <summary>The same in a line for people.</summary>
    public static string Describe(Parameter trial) =>
        string.Join(' ', WithPart(trial).Select(value => $"{OptionName(value.Key)}={Text(value.Key, value.Value)}"));

    /// <summary>What the command line calls a member, without the hyphens in front.</summary>
    public static string OptionName(string member) => JsonNamingPolicy.KebabCaseLower.ConvertName(VisibleText.Of(member));

    /// <summary>A value for people.</summary>
    public static string Text(string member, Parameter value) => value.ParameterType switch
    {
        ParameterType.Number => value.AsType<double>().ToString("g3", CultureInfo.InvariantCulture),
        ParameterType.String when member is nameof(ConformerTrainer.Options.Variant) or nameof(TransferOptions.Freeze) =>
            VisibleText.Of(value.AsType<string>()).ToLowerInvariant(),
        ParameterType.String when member is nameof(ConformerTrainer.Options.PretrainedWeights) =>
            VisibleText.OfPath(FromHere(value.AsType<string>())),
        ParameterType.String => VisibleText.Of(value.AsType<string>()),
        _ => VisibleText.Of(value.ToString()!),
    };

    /// <summary>A value for programs, without what AutoML's logarithms add to it.</summary>
    public static object Exact(Parameter value) => value.ParameterType == ParameterType.Number
        ? double.Parse(value.AsType<double>().ToString("g12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        : value.AsType<object>();

    /// <summary>Why a trial failed, for people; null where it did not.</summary>
    public static string? Error(TrialRecord trial) => trial.Error is { } error ? VisibleText.Cut(error, MaxErrorLength) : null;

    /// <summary>A file's path as it was likely named.</summary>
    private static string FromHere(string path) =>
        Path.GetRelativePath(Environment.CurrentDirectory, path) is var near && Path.IsPathRooted(path)
            && !near.StartsWith("..", StringComparison.Ordinal) ? near : path;

    private static void Collect(Parameter parameter, SortedDictionary<string, Parameter> values)
    {
        foreach (var (name, value) in parameter.AsEnumerable())
            if (value.ParameterType == ParameterType.Object)
                Collect(value, values);
            else if (name != "_SCHEMA_") // AutoML's own: the order of the pipeline's estimators
                values[name] = value;
    }
}
