using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer;

/// <summary>
/// Trains a Conformer to classify images: Peng et al., "Conformer: Local Features Coupling Global Representations for Visual
/// Recognition", ICCV 2021.
/// </summary>
/// <remarks>
/// <para>Make one with <c>mlContext.MulticlassClassification.Trainers.Conformer()</c>.</para>
/// <format type="text/markdown"><![CDATA[
/// ### Input and output columns
/// | Column | Type | Meaning |
/// | --- | --- | --- |
/// | Label (in) | key | The class of a training image. Map it before the pipeline: the saved pipeline then asks for no label. |
/// | Image (in) | MLImage | An RGB image of any size. |
/// | Score (out) | vector of Single | The probability of each class. The slots are named after the classes where those are text. |
/// | PredictedLabel (out) | key | The most probable class; MapKeyToValue turns it into the label's own values. |
///
/// ### Trainer characteristics
/// | | |
/// | --- | --- |
/// | Machine learning task | Multiclass classification |
/// | Is normalization required? | No |
/// | Is caching required? | No: the images are decoded once |
/// | Required NuGet packages beside Microsoft.ML | Microsoft.ML.Conformer and a libtorch of TorchSharp's; to score, ONNX Runtime |
/// | Exportable to ONNX | Yes, by ImageClassifierTransformer.SaveAsOnnx |
/// ]]></format>
/// </remarks>
public sealed class ConformerTrainer : ImageClassificationTrainer
{
    internal ConformerTrainer(IHostEnvironment environment, Options options) : base(environment, options)
    {
    }

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
