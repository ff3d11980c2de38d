namespace Microsoft.ML.Conformer;

/// <summary>
/// What training makes of the weights that it starts from: which layers are trained, from when on and how fast. By default all of them,
/// from the start and alike: full fine-tuning.
/// </summary>
/// <remarks>
/// A Conformer of depth D has D + 2 layers: 0 is the stem with the patch embedding, 1 the first blocks of both branches, 2 to D the
/// coupling
/// blocks, and D + 1 the heads with the norm before them.
/// </remarks>
public sealed class TransferOptions
{
    private const int DefaultHeadEpochs = 1, DefaultUnfreezingEpochs = 4, DefaultCachedViews = 1;

    /// <summary>
    /// What the learning rate of a layer is multiplied by for each layer above it, above 0 to 1, such as 0.75 (Clark et al., "ELECTRA",
    /// 2020; Bao et al., "BEiT", 2022): early layers, which see what all images have in common, change the least. Default 1: all learn
    /// alike. Not with <see cref="Freezing.Backbone"/>, where the heads alone learn.
    /// </summary>
    public double LayerDecay { get; set; } = 1;

    /// <summary>What the heads' learning rate is multiplied by, above 0: new heads may learn faster than the rest. Default 1.</summary>
    public double HeadLearningRateFactor { get; set; } = 1;

    /// <summary>
    /// Which layers keep their weights, and statistics, and for how long. Default <see cref="Freezing.None"/>. The others need
    /// <see cref="NetworkTrainerOptions.PretrainedWeights"/>: random weights are not worth keeping.
    /// </summary>
    public Freezing Freeze { get; set; }

    /// <summary>
    /// With <see cref="Freezing.Gradual"/>: the epochs in which the last layer alone, that of the heads, is trained, at least 1. Default 1.
    /// </summary>
    public int HeadEpochs { get; set; } = DefaultHeadEpochs;

    /// <summary>
    /// With <see cref="Freezing.Gradual"/>: the epochs after <see cref="HeadEpochs"/> over which the other layers join, evenly, from the
    /// heads down, at least 1: in the last of them the whole network is trained. Default 4.
    /// </summary>
    public int UnfreezingEpochs { get; set; } = DefaultUnfreezingEpochs;

    /// <summary>
    /// Whether BatchNorm's statistics, scales and offsets stay those of
    /// <see cref="NetworkTrainerOptions.PretrainedWeights"/>, which small batches would only disturb. Default false.
    /// </summary>
    public bool FreezeBatchNorm { get; set; }

    /// <summary>
    /// With <see cref="Freezing.Backbone"/>: of how many views of each training image the frozen network's features are computed and kept,
    /// at least 0. 1 (default) is the image as it is scored later. More are augmented ones, which the epochs take in turn. 0 keeps none:
    /// images are augmented anew and go through the network in each epoch, which takes many times as long.
    /// </summary>
    /// <remarks>
    /// <see cref="ImageClassificationTrainerOptions.Augmentation"/> has no part where this is 1, and where it is more, all but the mixing
    /// of batches has. An epoch that shows an image several times takes several of its views. Features take 4 bytes times the widths of
    /// the heads for each view, 2.6 KB for Conformer-Ti. They are computed in 32-bit floats whatever
    /// <see cref="NetworkTrainerOptions.Precision"/> says, so that validation counts as the model will score, and for
    /// <see cref="ImageClassificationTrainerOptions.MicroBatchSize"/> images at once (a batch where that is null).
    /// </remarks>
    public int CachedViews { get; set; } = DefaultCachedViews;

    /// <summary>Whether heads are trained on features that are computed beforehand.</summary>
    internal bool CachesFeatures => Freeze == Freezing.Backbone && CachedViews > 0;

    internal TransferOptions Copy() => (TransferOptions)MemberwiseClone();

    /// <summary>What the trained weights follow from, by the options' names.</summary>
    internal IEnumerable<(string Name, object? Value)> Influences() =>
    [
        (nameof(LayerDecay), LayerDecay), (nameof(HeadLearningRateFactor), HeadLearningRateFactor), (nameof(Freeze), Freeze),
        (nameof(HeadEpochs), HeadEpochs), (nameof(UnfreezingEpochs), UnfreezingEpochs), (nameof(FreezeBatchNorm), FreezeBatchNorm),
        (nameof(CachedViews), CachedViews),
    ];

    /// <summary>What is out of range, one sentence for each.</summary>
    /// <param name="epochs">The epochs of the run.</param>
    /// <param name="isPretrained">Whether the run starts from weights of an earlier one.</param>
    internal IEnumerable<string> Faults(int epochs, bool isPretrained)
    {
        const string nothingToKeep = $"{nameof(NetworkTrainerOptions.PretrainedWeights)} is null: there is nothing to keep in " +
            "random weights. Name a weight file, or train all layers.";
        if (!(LayerDecay is > 0 and <= 1))
            yield return FormattableString.Invariant($"{nameof(LayerDecay)} is {LayerDecay}; it must be above 0 and at most 1.");
        else if (LayerDecay != 1 && Freeze == Freezing.Backbone)
            yield return FormattableString.Invariant($"{nameof(LayerDecay)} is {LayerDecay}; it must be 1 where {nameof(Freeze)} is ") +
                $"{Freeze}: the heads alone are trained.";
        if (!(double.IsFinite(HeadLearningRateFactor) && HeadLearningRateFactor > 0))
            yield return FormattableString.Invariant(
                $"{nameof(HeadLearningRateFactor)} is {HeadLearningRateFactor}; it must be above 0.");
        if (!Enum.IsDefined(Freeze))
            yield return OptionFaults.NotDefined(nameof(Freeze), Freeze);
        else if (Freeze != Freezing.None && !isPretrained)
            yield return $"{nameof(Freeze)} is {Freeze}, and {nothingToKeep}";
        if (FreezeBatchNorm && !isPretrained)
            yield return $"{nameof(FreezeBatchNorm)} is true, and {nothingToKeep}";
        if (HeadEpochs < 1)
            yield return $"{nameof(HeadEpochs)} is {HeadEpochs}; it must be at least 1.";
        else if (HeadEpochs != DefaultHeadEpochs && Freeze != Freezing.Gradual)
            yield return $"{nameof(HeadEpochs)} is {HeadEpochs}; it {HasNoPart(DefaultHeadEpochs)}";
        if (UnfreezingEpochs < 1)
            yield return $"{nameof(UnfreezingEpochs)} is {UnfreezingEpochs}; it must be at least 1.";
        else if (UnfreezingEpochs != DefaultUnfreezingEpochs && Freeze != Freezing.Gradual)
            yield return $"{nameof(UnfreezingEpochs)} is {UnfreezingEpochs}; it {HasNoPart(DefaultUnfreezingEpochs)}";
        if (Freeze == Freezing.Gradual && HeadEpochs >= 1 && UnfreezingEpochs >= 1 && (long)HeadEpochs + UnfreezingEpochs > epochs)
            yield return $"{nameof(HeadEpochs)} is {HeadEpochs} and {nameof(UnfreezingEpochs)} {UnfreezingEpochs}; together they must be " +
                $"at most {nameof(ImageClassificationTrainerOptions.Epochs)} ({epochs}), or the whole network would never be trained.";
        if (CachedViews < 0)
            yield return $"{nameof(CachedViews)} is {CachedViews}; it must be at least 0.";
        else if (CachedViews != DefaultCachedViews && Freeze != Freezing.Backbone)
            yield return $"{nameof(CachedViews)} is {CachedViews}; it {HasNoPart(DefaultCachedViews, Freezing.Backbone)}";
    }

    private string HasNoPart(int fallback, Freezing needed = Freezing.Gradual) =>
        $"has a part only where {nameof(Freeze)} is {needed} (it is {Freeze}). Set that, or leave this at {fallback}.";
}

/// <summary>Which layers keep the weights that training starts from.</summary>
public enum Freezing
{
    /// <summary>None: the whole network is trained in every epoch.</summary>
    None,

    /// <summary>
    /// All but the heads, which are trained on the frozen network's features (a linear probe): by far the fastest, and often enough where
    /// images are few and like those that the weights were trained on.
    /// </summary>
    Backbone,

    /// <summary>
    /// At first all but the last layer, then fewer and fewer (Howard and Ruder, "Universal Language Model Fine-tuning", 2018): new heads,
    /// which know nothing yet, cannot spoil the layers below.
    /// </summary>
    Gradual,
}
