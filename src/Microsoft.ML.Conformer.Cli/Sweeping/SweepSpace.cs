using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Conformer.Cli.Sweeping;

/// <summary>What trials differ in.</summary>
internal static class SweepSpace
{
    /// <summary>The options that are swept: all that the command line leaves open.</summary>
    public static SearchSpace<ConformerSweepOptions> Swept(SweepSettings settings)
    {
        var options = settings.Training;
        var space = ConformerSweepOptions.StartingFrom(options);
        if (settings.DataFolder is null)
            space[nameof(options.Epochs)] = new ChoiceOption([10, 15, 20], options.Epochs);
        foreach (var option in settings.FixedOptions)
            space.Remove(option);
        return space;
    }

    /// <summary>A range or choice in words.</summary>
    public static string Describe(OptionBase option) => option switch
    {
        UniformNumericOption range => FormattableString.Invariant($"{range.Min:g4}..{range.Max:g4}{(range.LogBase ? " (log)" : "")}"),
        ChoiceOption choice => string.Join('|', choice.Choices.Select(value => value.ToString()!.Trim('"'))),
        _ => option.GetType().Name,
    };
}
