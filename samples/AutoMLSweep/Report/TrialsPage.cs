using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace AutoMLSweep.Report;

/// <summary>One page with all trials: a plot with parallel coordinates, drawn by Apache ECharts, and a table. It loads nothing.</summary>
internal static class TrialsPage
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <param name="trials">The trials.</param>
    /// <param name="space">What was swept; gives the axes' ranges.</param>
    /// <param name="metric">What models were judged by.</param>
    /// <param name="bestId">Number of the best trial, or null.</param>
    public static string Format(
        IReadOnlyList<TrialRecord> trials, SearchSpace<ConformerSweepOptions> space, MulticlassClassificationMetric metric, int? bestId)
    {
        var names = space.Keys.Order(StringComparer.Ordinal).ToList();
        var data = new
        {
            Metric = metric.Text(),
            LowerIsBetter = metric == MulticlassClassificationMetric.LogLoss,
            BestId = bestId,
            Axes = names.Select(name => Axis(name, space[name])),
            Trials = trials.Select(trial => new
            {
                trial.Id,
                trial.Outcome,
                trial.Metric,
                trial.Seconds,
                Epochs = trial.Curve.Count,
                Error = SweptValues.Error(trial),
                Values = names.Select(name => Value(SweptValues.Of(trial.Parameter).GetValueOrDefault(name))),
            }),
        };
        // The serializer escapes '<', so that no value can end the script element that holds it.
        return Resource("TrialsPage.html")
            .Replace("{{data}}", JsonSerializer.Serialize(data, _json), StringComparison.Ordinal)
            .Replace("{{echarts}}", Resource("echarts.min.js"), StringComparison.Ordinal);
    }

    private static object? Value(Parameter? value) =>
        value?.ParameterType == ParameterType.String ? SweptValues.Text(value) : value;

    private static object Axis(string name, OptionBase option) => option switch
    {
        UniformNumericOption range => new { Name = name, Type = range.LogBase ? "log" : "value", range.Min, range.Max },
        ChoiceOption choice => new { Name = name, Type = "category", Data = choice.Choices.Select(SweptValues.Text) },
        _ => new { Name = name, Type = "value" },
    };

    private static string Resource(string name)
    {
        using var stream = typeof(TrialsPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program was built without its resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
