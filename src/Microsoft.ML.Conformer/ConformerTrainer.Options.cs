namespace Microsoft.ML.Conformer;

public sealed partial class ConformerTrainer
{
    /// <summary>What and how a <see cref="ConformerTrainer"/> trains.</summary>
    /// <inheritdoc path="/remarks"/>
    public sealed class Options : ImageClassificationTrainerOptions
    {
        /// <summary>The published network to train. Default <see cref="ConformerVariant.Tiny"/>.</summary>
        /// <remarks><see cref="Architecture"/> overrides it.</remarks>
        public ConformerVariant Variant { get; set; } = ConformerVariant.Tiny;

        /// <summary>The network's shape, or null (default) for that of <see cref="Variant"/>.</summary>
        /// <remarks>The number of classes comes from the data; <see cref="VisionArchitecture.NumClasses"/> is ignored.</remarks>
        public ConformerArchitecture? Architecture { get; set; }

        internal override VisionArchitecture ArchitectureFor(int classCount) =>
            Architecture is { } own ? own with { NumClasses = classCount } : ConformerArchitecture.For(Variant, classCount);

        internal override VisionNetwork CreateNetwork(VisionArchitecture architecture) =>
            new ConformerNetwork((ConformerArchitecture)architecture, DropPath, Seed, Recipe.ZeroInitialResidual);

        private protected override bool HaveArchitecture => Architecture is not null || Enum.IsDefined(Variant);

        private protected override IEnumerable<string> NetworkFaults()
        {
            if (!HaveArchitecture)
                yield return OptionFaults.NotDefined(nameof(Variant), Variant);
        }
    }
}
