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
    /// The recipe, by its name or file. Default FineTune; also ConTNetStrong, that of the paper with strong augmentation. What a recipe does not share
    /// with the swept members and the options that are set is its own.
    /// </summary>
    [Choice(new object[] { nameof(TrainingRecipe.FineTune), nameof(TrainingRecipe.ConTNetStrong) }, nameof(TrainingRecipe.FineTune))]
    public string Recipe { get; set; } = nameof(TrainingRecipe.FineTune);

    /// <summary>
    /// The search space of all members that have a part, which starts from a trainer's options: a range or choice that lacks the option's
    /// value is widened to hold it. With an <see cref="ConTNetTrainer.Options.Architecture"/> it has those image sizes only that its windows divide.
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

    /// <summary>The options of a trial, to train it once more.</summary>
    /// <param name="options">What is not swept.</param>
    /// <param name="point">A point of the search space.</param>
    /// <exception cref="ArgumentException">The point has a member that is none of these.</exception>
    public static ConTNetTrainer.Options OptionsOf(ConTNetTrainer.Options options, Parameter point) =>
        OptionsOf<ConTNetSweepOptions, ConTNetTrainer.Options>(options, point);

    private static IEnumerable<int> ImageSizes(SearchSpace<ConTNetSweepOptions> space) =>
        ((ChoiceOption)space[nameof(ImageSize)]).Choices.Select(size => (int)size.AsType<double>());
}
