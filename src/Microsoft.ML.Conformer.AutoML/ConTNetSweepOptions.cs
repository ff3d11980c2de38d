using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>What a sweep of <see cref="ConTNetTrainer.Options"/> varies.</summary>
/// <inheritdoc path="/remarks"/>
public sealed class ConTNetSweepOptions : ImageClassificationSweepOptions
{
    /// <summary>The network. Default Tiny; also Small, which has a third more channels.</summary>
    [Choice(new object[] { ConTNetVariant.Tiny, ConTNetVariant.Small }, ConTNetVariant.Tiny)]
    public ConTNetVariant Variant { get; set; } = ConTNetVariant.Tiny;

    /// <summary>
    /// The search space of all members, which starts from a trainer's options: a range or choice that lacks the option's value is widened
    /// to hold it. With an <see cref="ConTNetTrainer.Options.Architecture"/> it has those image sizes only that its windows divide.
    /// </summary>
    public static SearchSpace<ConTNetSweepOptions> StartingFrom(ConTNetTrainer.Options options)
    {
        var space = StartingFrom<ConTNetSweepOptions>(options);
        if (options.Architecture is not { } own || own.Faults().Any())
            return space;
        var sizes = ImageSizes(space).Where(size => size == options.ImageSize || own.SizeFault(size, size) is null);
        space[nameof(ImageSize)] = new ChoiceOption([.. sizes.Cast<object>()], options.ImageSize);
        return space;
    }

    private static IEnumerable<int> ImageSizes(SearchSpace<ConTNetSweepOptions> space) =>
        ((ChoiceOption)space[nameof(ImageSize)]).Choices.Select(size => (int)size.AsType<double>());
}
