using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;
using Samples.Shared;

namespace AutoMLSweep;

/// <summary>What trials have in common, and what they differ in.</summary>
internal static class SweepSpace
{
    /// <summary>The trainer's options that are not swept, and the first values of those that are.</summary>
    public static ConformerTrainer.Options Options(Settings settings)
    {
        var options = new ConformerTrainer.Options { Seed = settings.Seed, Device = settings.Device, Threads = settings.Threads };
        if (settings.DataFolder is null)
        {
            options.ImageSize = GeneratedImageNetwork.ImageSize;
            options.Epochs = 15;
            options.LearningRate = 1e-3;
            options.Architecture = settings.Variant is null ? GeneratedImageNetwork.Architecture : null;
        }
        options.Variant = settings.Variant ?? options.Variant;
        options.ImageSize = settings.ImageSize ?? options.ImageSize;
        options.Epochs = settings.Epochs ?? options.Epochs;
        options.BatchSize = settings.BatchSize ?? options.BatchSize;
        return options;
    }

    /// <summary>The options that are swept: all that the command line leaves open.</summary>
    public static SearchSpace<ConformerSweepOptions> Swept(Settings settings, ConformerTrainer.Options options)
    {
        var space = ConformerSweepOptions.StartingFrom(options);
        if (settings.DataFolder is null)
            space[nameof(options.Epochs)] = new ChoiceOption([10, 15, 20], options.Epochs);
        (string Member, bool IsFixed)[] members =
        [
            (nameof(options.Variant), settings.Variant is not null || options.Architecture is not null),
            (nameof(options.ImageSize), settings.ImageSize is not null || settings.DataFolder is null),
            (nameof(options.Epochs), settings.Epochs is not null),
            (nameof(options.BatchSize), settings.BatchSize is not null),
        ];
        foreach (var (member, _) in members.Where(member => member.IsFixed))
            space.Remove(member);
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
