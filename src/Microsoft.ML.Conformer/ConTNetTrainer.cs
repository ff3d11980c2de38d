using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

/// <summary>
/// Trains a ConTNet to classify images: Yan et al., "ConTNet: Why not use convolution and transformer at the same time?", 2021.
/// </summary>
/// <remarks>
/// Make one with <c>mlContext.MulticlassClassification.Trainers.ConTNet()</c>. Columns, model and everything but the network are as
/// <see cref="ConformerTrainer"/> has them.
/// </remarks>
public sealed class ConTNetTrainer : ImageClassificationTrainer
{
    internal ConTNetTrainer(IHostEnvironment environment, Options options) : base(environment, options)
    {
    }

    /// <summary>What and how a <see cref="ConTNetTrainer"/> trains.</summary>
    /// <inheritdoc path="/remarks"/>
    public sealed class Options : ImageClassificationTrainerOptions
    {
        /// <summary>The published network to train. Default <see cref="ConTNetVariant.Tiny"/>.</summary>
        /// <remarks><see cref="Architecture"/> overrides it. Other image sizes than multiples of 224 change its windows.</remarks>
        public ConTNetVariant Variant { get; set; } = ConTNetVariant.Tiny;

        /// <summary>The network's shape, or null (default) for that of <see cref="Variant"/>.</summary>
        /// <remarks>The number of classes comes from the data; <see cref="VisionArchitecture.NumClasses"/> is ignored.</remarks>
        public ConTNetArchitecture? Architecture { get; set; }

        internal override VisionArchitecture ArchitectureFor(int classCount) => Architecture is { } own
            ? own with { NumClasses = classCount }
            : ConTNetArchitecture.For(Variant, classCount, ImageSize);

        internal override VisionNetwork CreateNetwork(VisionArchitecture architecture) =>
            new ConTNetNetwork((ConTNetArchitecture)architecture, DropPath, Seed);

        private protected override bool HaveArchitecture => Architecture is not null || Enum.IsDefined(Variant);

        private protected override IEnumerable<string> NetworkFaults()
        {
            if (!HaveArchitecture)
                yield return OptionFaults.NotDefined(nameof(Variant), Variant);
            if (Recipe.ZeroInitialResidual)
                yield return $"{nameof(Recipe)}.{nameof(Recipe.ZeroInitialResidual)} is true; a ConTNet's blocks do not end in a norm.";
        }
    }
}
