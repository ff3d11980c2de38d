using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>
/// Options of all trainers that a sweep varies, with AutoML's attributes for their ranges. Each member is named like the member of
/// <see cref="ImageClassificationTrainerOptions"/>, or of their <see cref="AugmentationRecipe"/>, that it stands for, and starts from the
/// same default.
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

    private protected static SearchSpace<T> StartingFrom<T>(ImageClassificationTrainerOptions options)
        where T : ImageClassificationSweepOptions, new()
    {
        ArgumentNullException.ThrowIfNull(options);
        var space = new SearchSpace<T>();
        foreach (var (member, option) in space.ToList())
            space[member] = StartingPoint.MoveTo(SweptMember.Named(member, typeof(T), options.GetType()).Of(options), option);
        return space;
    }
}
