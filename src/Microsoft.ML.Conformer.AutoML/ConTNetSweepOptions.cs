using Microsoft.ML.SearchSpace;

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
    /// to hold it.
    /// </summary>
    public static SearchSpace<ConTNetSweepOptions> StartingFrom(ConTNetTrainer.Options options) =>
        StartingFrom<ConTNetSweepOptions>(options);
}
