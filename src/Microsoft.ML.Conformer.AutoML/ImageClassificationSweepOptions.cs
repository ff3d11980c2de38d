using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>
/// Options of all trainers that a sweep varies, with AutoML's attributes for their ranges. Each member is named like the member of
/// <see cref="ImageClassificationTrainerOptions"/>, or of their <see cref="TransferOptions"/> or <see cref="AugmentationRecipe"/>, that it
/// stands for, and starts from the same default.
/// </summary>
/// <remarks>
/// <para>
/// AutoML starts from the attributes' values, not from the properties'. Whole numbers are choices, because AutoML's ranges of whole numbers
/// round down what they start from.
/// </para>
/// <para>
/// A search space is a dictionary of these members: change a range by <c>space["LearningRate"] = new UniformDoubleOption(...)</c>, and
/// leave a member as the trainer's options have it by <c>space.Remove("ImageSize")</c>.
/// </para>
/// <para>
/// <see cref="Freeze"/>, <see cref="LayerDecay"/> and <see cref="HeadLearningRateFactor"/> have a part only with weights to start from;
/// without them a trial leaves them as the trainer's options have them. So it does with the layer decay where the heads alone are trained.
/// Where recipe and learning rate are both swept, <see cref="ImageClassificationTrainerOptions.LearningRateBatchSize"/> is that of the
/// trainer's options, so that a learning rate means the same with each recipe.
/// </para>
/// </remarks>
public abstract class ImageClassificationSweepOptions
{
    private protected ImageClassificationSweepOptions()
    {
    }

    /// <summary>Side of the network's input in pixels: 128-288 in steps of a 32-pixel cell. Default 224.</summary>
    [Choice(new object[] { 128, 160, 192, 224, 256, 288 }, 224)]
    public int ImageSize { get; set; } = 224;

    /// <summary>AdamW's highest learning rate, 1e-5 (fine-tuning) to 2e-3 (from scratch), sampled by its logarithm. Default 5e-4.</summary>
    [Range(1e-5, 2e-3, init: 5e-4, logBase: true)]
    public double LearningRate { get; set; } = 5e-4;

    /// <summary>AdamW's weight decay, 0-0.3, the greatest value that ViT recipes use. Default 0.05, as in DeiT and Conformer.</summary>
    [Range(0.0, 0.3, init: 0.05)]
    public double WeightDecay { get; set; } = 0.05;

    /// <summary>Stochastic depth of the last block, 0-0.5: from none, for small data, to what Swin-L uses. Default 0.1.</summary>
    [Range(0.0, 0.5, init: 0.1)]
    public double DropPath { get; set; } = 0.1;

    /// <summary>Label smoothing, 0-0.2. Default 0.1, as in Inception v3 and DeiT.</summary>
    [Range(0.0, 0.2, init: 0.1)]
    public double LabelSmoothing { get; set; } = 0.1;

    /// <summary>Smallest area of a random crop as a fraction, 0.08 (Inception, DeiT) to 0.9 (hardly any cropping). Default 0.35.</summary>
    [Range(0.08, 0.9, init: 0.35)]
    public double CropAreaMin { get; set; } = 0.35;

    /// <summary>Images in a step, 8-128. Default 32.</summary>
    [Choice(new object[] { 8, 16, 32, 64, 128 }, 32)]
    public int BatchSize { get; set; } = 32;

    /// <summary>Passes over the training images, 10-100. Default 30.</summary>
    [Choice(new object[] { 10, 15, 20, 30, 50, 75, 100 }, 30)]
    public int Epochs { get; set; } = 30;

    /// <summary>Weights to start from. Swept only where a space has a choice of some, as <c>new ChoiceOption("a.pth", "b.pth")</c>.</summary>
    public string? PretrainedWeights { get; set; }

    /// <summary>Which layers keep the weights that they start from. Default none; also the backbone, and a gradual thaw.</summary>
    [Choice(new object[] { Freezing.None, Freezing.Backbone, Freezing.Gradual }, Freezing.None)]
    public Freezing Freeze { get; set; }

    /// <summary>
    /// What the learning rate of a layer is multiplied by for each layer above it, 0.6-1: from what BEiT's small networks use to none.
    /// Default 1.
    /// </summary>
    [Range(0.6, 1.0, init: 1.0)]
    public double LayerDecay { get; set; } = 1;

    /// <summary>What the heads' learning rate is multiplied by, 1-10, sampled by its logarithm. Default 1.</summary>
    [Range(1.0, 10.0, init: 1.0, logBase: true)]
    public double HeadLearningRateFactor { get; set; } = 1;

    private protected static SearchSpace<T> StartingFrom<T>(ImageClassificationTrainerOptions options)
        where T : ImageClassificationSweepOptions, new()
    {
        ArgumentNullException.ThrowIfNull(options);
        var space = new SearchSpace<T>();
        foreach (var (member, option) in space.ToList())
            space[member] = StartingPoint.MoveTo(SweptMember.Named(member, typeof(T), options.GetType()).Of(options), option);
        foreach (var member in WithoutPart(options))
            space.Remove(member);
        if (space.TryGetValue(nameof(Freeze), out var freezing))
            space[nameof(Freeze)] = PossibleFreezing((ChoiceOption)freezing, (ChoiceOption)space[nameof(Epochs)], options.Transfer);
        return space;
    }

    /// <summary>The options of a trial.</summary>
    /// <param name="options">What is not swept.</param>
    /// <param name="point">A point of a search space.</param>
    private protected static TOptions OptionsOf<TSwept, TOptions>(TOptions options, Parameter point)
        where TSwept : ImageClassificationSweepOptions
        where TOptions : ImageClassificationTrainerOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(point);
        var names = point.AsEnumerable().Select(member => member.Key);
        return new SweptMembers(names, typeof(TSwept), typeof(TOptions)).Apply(options, point.AsType<TSwept>());
    }

    /// <summary>Weights are those of one network, and what is done with them needs some.</summary>
    private static IEnumerable<string> WithoutPart(ImageClassificationTrainerOptions options) => options.PretrainedWeights is null
        ? [nameof(Freeze), nameof(LayerDecay), nameof(HeadLearningRateFactor)]
        : [nameof(ConformerTrainer.Options.Variant)];

    /// <summary>A gradual thaw needs some epochs, of which each trial must have as many.</summary>
    private static ChoiceOption PossibleFreezing(ChoiceOption freezing, ChoiceOption epochs, TransferOptions options)
    {
        var least = epochs.Choices.Min(choice => choice.AsType<int>());
        var possible = freezing.Choices.Select(choice => Enum.Parse<Freezing>(choice.AsType<string>()))
            .Where(choice => choice == options.Freeze || choice != Freezing.Gradual || options.HeadEpochs + options.UnfreezingEpochs <= least);
        return new ChoiceOption([.. possible.Cast<object>()], options.Freeze);
    }
}
