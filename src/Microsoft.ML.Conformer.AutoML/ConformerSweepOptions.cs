using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>What a sweep of <see cref="ConformerTrainer.Options"/> varies.</summary>
/// <inheritdoc path="/remarks"/>
public sealed class ConformerSweepOptions : ImageClassificationSweepOptions
{
    /// <summary>The network. Default Tiny; also Small, which has four times the channels.</summary>
    [Choice(new object[] { ConformerVariant.Tiny, ConformerVariant.Small }, ConformerVariant.Tiny)]
    public ConformerVariant Variant { get; set; } = ConformerVariant.Tiny;

    /// <summary>
    /// The recipe, by its name or file. Default FineTune; also Official, that of the official code, with strong augmentation. What a recipe does not share
    /// with the swept members and the options that are set is its own.
    /// </summary>
    [Choice(new object[] { nameof(TrainingRecipe.FineTune), nameof(TrainingRecipe.Official) }, nameof(TrainingRecipe.FineTune))]
    public string Recipe { get; set; } = nameof(TrainingRecipe.FineTune);

    /// <summary>
    /// The search space of all members that have a part, which starts from a trainer's options: a range or choice that lacks the option's
    /// value is widened to hold it.
    /// </summary>
    public static SearchSpace<ConformerSweepOptions> StartingFrom(ConformerTrainer.Options options) =>
        StartingFrom<ConformerSweepOptions>(options);

    /// <summary>The options of a trial, to train it once more.</summary>
    /// <param name="options">What is not swept.</param>
    /// <param name="point">A point of the search space.</param>
    /// <exception cref="ArgumentException">The point has a member that is none of these.</exception>
    public static ConformerTrainer.Options OptionsOf(ConformerTrainer.Options options, Parameter point) =>
        OptionsOf<ConformerSweepOptions, ConformerTrainer.Options>(options, point);
}
