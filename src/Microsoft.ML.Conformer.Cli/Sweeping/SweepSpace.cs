using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;
using Options = Microsoft.ML.Conformer.ConformerTrainer.Options;

namespace Conformer.Cli.Sweeping;

/// <summary>What trials differ in.</summary>
internal static class SweepSpace
{
    /// <summary>Where the heads alone are trained, on features that are computed once.</summary>
    private static readonly string[] _withoutPartInFrozen =
        [nameof(TransferOptions.LayerDecay), nameof(Options.DropPath), nameof(AugmentationRecipe.CropAreaMin)];

    /// <summary>The options that are swept: all that the command line leaves open and that have a part.</summary>
    public static SearchSpace<ConformerSweepOptions> Swept(SweepSettings settings)
    {
        var options = settings.Training;
        var space = ConformerSweepOptions.StartingFrom(options);
        if (settings.Data is null)
            space[nameof(options.Epochs)] = new ChoiceOption([10, 15, 20], options.Epochs);
        if (settings.Weights.Count > 1)
            space[nameof(options.PretrainedWeights)] = new ChoiceOption([.. settings.Weights], options.PretrainedWeights);
        foreach (var member in settings.Held.Concat(WithoutPart(space, options)).ToList())
            space.Remove(member);
        // Tuners that go in steps take one of a single choice for the next member's.
        foreach (var (member, _) in space.Where(one => one.Value is ChoiceOption { Choices.Length: 1 }).ToList())
            space.Remove(member);
        return space;

        IEnumerable<string> WithoutPart(SearchSpace<ConformerSweepOptions> swept, Options held)
        {
            if (settings.Held.Contains(nameof(held.Transfer.Freeze)))
                return WithoutPartIn(held.Transfer.Freeze);
            // A decay that is given is meant for layers that learn.
            if (held.Transfer.LayerDecay < 1 && swept.TryGetValue(nameof(held.Transfer.Freeze), out var freezing))
                swept[nameof(held.Transfer.Freeze)] = new ChoiceOption([.. ((ChoiceOption)freezing).Choices
                    .Select(choice => Enum.Parse<Freezing>(choice.AsType<string>())).Where(choice => choice != Freezing.Backbone)
                    .Cast<object>()], Freezing.None);
            return [];
        }
    }

    /// <summary>The members that make no difference to a trial.</summary>
    public static IReadOnlyList<string> WithoutPartIn(Freezing freezing) => freezing == Freezing.Backbone ? _withoutPartInFrozen : [];

    /// <summary>A range or choice in words.</summary>
    public static string Describe(OptionBase option) => option switch
    {
        UniformNumericOption range => FormattableString.Invariant($"{range.Min:g4}..{range.Max:g4}{(range.LogBase ? " (log)" : "")}"),
        ChoiceOption choice => string.Join('|', choice.Choices.Select(value => value.ToString()!.Trim('"'))),
        _ => option.GetType().Name,
    };
}
