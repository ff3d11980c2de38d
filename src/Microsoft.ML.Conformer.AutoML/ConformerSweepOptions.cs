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
    /// The search space of all members, which starts from a trainer's options: a range or choice that lacks the option's value is widened
    /// to hold it.
    /// </summary>
    public static SearchSpace<ConformerSweepOptions> StartingFrom(ConformerTrainer.Options options) =>
        StartingFrom<ConformerSweepOptions>(options);
}
