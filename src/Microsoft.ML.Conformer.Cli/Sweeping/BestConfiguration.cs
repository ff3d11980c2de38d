using System.Globalization;
using Microsoft.ML.SearchSpace;

namespace Conformer.Cli.Sweeping;

/// <summary>The best trial's options as `conformer train` takes them: a configuration, and a recipe for what is no option.</summary>
/// <param name="settings">The sweep's settings.</param>
/// <param name="trial">The trial's parameters.</param>
internal sealed class BestConfiguration(SweepSettings settings, Parameter trial)
{
    private const string RecipeOption = "recipe";

    private readonly ConformerTrainer.Options _options = SweptValues.Options(settings.Training, trial);

    public string Path { get; } = settings.File("best.yaml");

    private string RecipePath => settings.File("best-recipe.json");

    /// <summary>Values by the options' names.</summary>
    private IEnumerable<(string Name, string? Value)> Values =>
    [
        ("data", settings.Data), (RecipeOption, RecipePath),
        // Drawn images have their parts and a network of their own.
        ("variant", _options.Architecture is null ? ArgumentChecks.WordOf(_options.Variant) : null),
        ("validation-fraction", Text(settings.Splitting.ValidationFraction)), ("test-fraction", Text(settings.Splitting.TestFraction)),
        .. TrainerOptions.All.Select(one => (ConfigurationOption.NameOf(one.Option), one.TextOf(_options))),
    ];

    /// <summary>What was swept, and has a part, as options of the command line.</summary>
    public string CommandLine
    {
        get
        {
            var swept = SweptValues.WithPart(trial).Select(value => SweptValues.OptionName(value.Key)).Append(RecipeOption).ToHashSet();
            return string.Join(' ', Values.Where(one => one.Value is not null && swept.Contains(one.Name))
                .Select(one => $"--{one.Name} {(one.Value!.Contains(' ', StringComparison.Ordinal) ? $"\"{one.Value}\"" : one.Value)}"));
        }
    }

    public void Save()
    {
        _options.Recipe.Save(RecipePath);
        AtomicFile.Write(Path, WrittenConfiguration.Of("train", Values));
    }

    private string? Text(double fraction) => settings.Data is null ? null : fraction.ToString(CultureInfo.InvariantCulture);
}
