namespace Microsoft.ML.Conformer;

/// <summary>
/// How a network is trained, as data: schedule, regularization and augmentation, but not the images, the machine or the number of images in
/// a step. A trainer's options take one as a whole, and override single values of it.
/// </summary>
/// <remarks>A value that is not set is that of <see cref="FineTune"/>.</remarks>
public sealed record TrainingRecipe
{
    /// <summary>Adapts weights to a few hundred or thousand images, or trains on them from random weights; the default.</summary>
    public static TrainingRecipe FineTune { get; } = new();

    /// <summary>
    /// The recipe by which the official code trains on ImageNet for 300 epochs (Peng et al., 2021; DeiT's augmentation), for 1024 images in
    /// a step; the learning rate follows the batch size.
    /// </summary>
    /// <remarks>
    /// Where the official code has an evident bug, this is what it means to do: the schedule does not lag an epoch behind, all images are
    /// seen when one process trains alone, and the class token never decays. Its average of the weights, which it never evaluates, its
    /// 16-bit floats, and its padded crops of images of 32 pixels and below are left out.
    /// </remarks>
    public static TrainingRecipe Official { get; } = new()
    {
        Name = nameof(Official),
        Epochs = 300,
        LearningRate = 1e-3,
        LearningRateBatchSize = 1024,
        MinLearningRate = 1e-5,
        WarmupEpochs = 5,
        WarmupLearningRate = 1e-6,
        WarmupUnit = ScheduleUnit.Epoch,
        CosineUnit = ScheduleUnit.Epoch,
        CosineIncludesWarmup = true,
        Augmentation = new AugmentationRecipe
        {
            CropAreaMin = 0.08,
            RandAugment = new(),
            RandomErasing = new(),
            MixupAlpha = 0.8,
            CutMixAlpha = 1,
            RepeatedAugmentation = 3,
        },
    };

    /// <summary>
    /// The recipe of mmpretrain's Conformer configurations on ImageNet, for 1024 images in a step; the learning rate follows the batch
    /// size.
    /// </summary>
    /// <remarks>
    /// mmpretrain also drops paths in its fusion blocks, which the official network does not; and its learning rate is at the peak one step
    /// earlier.
    /// </remarks>
    public static TrainingRecipe MmPretrain { get; } = Official with
    {
        Name = nameof(MmPretrain),
        WarmupUnit = ScheduleUnit.Step,
        CosineIncludesWarmup = false,
        HeadLosses = HeadLosses.Sum,
        ZeroInitialResidual = true,
        Augmentation = Official.Augmentation with
        {
            RandomErasing = new() { BeforeNormalization = true },
            MixPartner = MixPartner.Permuted,
            RepeatedAugmentation = 1,
        },
    };

    /// <summary>
    /// The recipe by which ConTNets were trained on ImageNet for 200 epochs (Yan et al., 2021) with no more augmentation than a ResNet, for
    /// 512 images in a step; the learning rate follows the batch size.
    /// </summary>
    /// <remarks>
    /// Learned positions never decay, as the official script intends. Neither the paper nor the script settles where the cosine begins;
    /// here it does so after the warm-up.
    /// </remarks>
    public static TrainingRecipe ConTNet { get; } = new()
    {
        Name = nameof(ConTNet),
        Epochs = 200,
        LearningRateBatchSize = 512,
        MinLearningRate = 0,
        WarmupEpochs = 10,
        WeightDecay = 0.5,
        DropPath = 0,
        Augmentation = new AugmentationRecipe { CropAreaMin = 0.08 },
    };

    /// <summary>
    /// <see cref="ConTNet"/> with strong augmentation, by which the paper's results with an asterisk were reached: AutoAugment and Mixup.
    /// </summary>
    /// <remarks>
    /// Mixup's strength is the script's. The script itself has RandAugment in AutoAugment's place, and CutMix beside Mixup: set
    /// <see cref="Augmentation"/> for those.
    /// </remarks>
    public static TrainingRecipe ConTNetStrong { get; } = ConTNet with
    {
        Name = nameof(ConTNetStrong),
        Augmentation = ConTNet.Augmentation with { AutoAugment = true, MixupAlpha = 0.8 },
    };

    /// <summary>What the recipe is called in the log and in files. Default "FineTune"; of a JSON file without a name, the file's.</summary>
    public string Name { get; init; } = nameof(FineTune);

    /// <summary>Number of passes over the training images, at least 1. Default 30.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>AdamW's highest learning rate, above 0. Default 5e-4.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>
    /// The images in a step that the learning rates are meant for, at least 1: they are multiplied by the batch size and divided by this
    /// (Goyal et al., 2017). Null (default): they are taken as they are.
    /// </summary>
    public int? LearningRateBatchSize { get; init; }

    /// <summary>What the learning rate falls to, at least 0. Default 1e-6.</summary>
    /// <remarks>Where it is above <see cref="LearningRate"/>, the learning rate does not fall.</remarks>
    public double MinLearningRate { get; init; } = 1e-6;

    /// <summary>Epochs in which the learning rate rises in a line, at least 0. Default 2.</summary>
    /// <remarks>It then falls as a half cosine. With <see cref="Epochs"/> or more it only rises. Fractions are fine.</remarks>
    public double WarmupEpochs { get; init; } = 2;

    /// <summary>Where that line begins, at least 0 (default).</summary>
    public double WarmupLearningRate { get; init; }

    /// <summary>How often the learning rate changes while it rises. Default <see cref="ScheduleUnit.Step"/>.</summary>
    public ScheduleUnit WarmupUnit { get; init; }

    /// <summary>How often the learning rate changes while it falls. Default <see cref="ScheduleUnit.Step"/>.</summary>
    public ScheduleUnit CosineUnit { get; init; }

    /// <summary>
    /// Whether the cosine's first epoch is the first of all, so that the warm-up hides its beginning (timm), and not the first one after
    /// the warm-up. Default false.
    /// </summary>
    public bool CosineIncludesWarmup { get; init; }

    /// <summary>AdamW's weight decay, at least 0; biases and norms have none. Default 0.05.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>
    /// The length to which longer gradients, all weights' taken as one vector, are shortened before a step, above 0. Null (default): they
    /// never are.
    /// </summary>
    public double? MaxGradientNorm { get; init; }

    /// <summary>
    /// What an exponential moving average of the weights keeps of itself in a step, 0 to below 1, such as 0.999; it is validated, kept and
    /// exported in the weights' place. Null (default): there is no average.
    /// </summary>
    public double? WeightAverageDecay { get; init; }

    /// <summary>Share of a label's probability that is spread evenly over all classes, 0 to below 1. Default 0.1.</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>What the loss is of the heads' losses, where a network has two. Default <see cref="HeadLosses.Mean"/>.</summary>
    public HeadLosses HeadLosses { get; init; }

    /// <summary>
    /// Stochastic depth (Huang et al., 2016): chance with which the last transformer block is skipped, 0 to below 1; it grows in a line
    /// from 0 at the first block. Default 0.1.
    /// </summary>
    public double DropPath { get; init; } = 0.1;

    /// <summary>
    /// Whether random weights begin with blocks that pass on what they get: the last norm of each has the weight 0 (Goyal et al., 2017).
    /// Default false.
    /// </summary>
    public bool ZeroInitialResidual { get; init; }

    /// <summary>How training images are varied at random; never null.</summary>
    public AugmentationRecipe Augmentation { get; init; } = new();

    /// <summary>
    /// Reads a recipe from a JSON file, such as <see cref="Save"/> writes; what the file leaves out is as in FineTune. The name of one of
    /// the recipes here, in upper or lower case, gives that where there is no such file.
    /// </summary>
    /// <exception cref="FileNotFoundException">It is neither a file nor a name; the message lists the names.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no recipe; the message names the file and says where it fails.</exception>
    public static TrainingRecipe Load(string pathOrName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pathOrName);
        TrainingRecipe[] known = [FineTune, Official, MmPretrain, ConTNet, ConTNetStrong];
        if (!File.Exists(pathOrName))
            return known.FirstOrDefault(recipe => recipe.Name.Equals(pathOrName, StringComparison.OrdinalIgnoreCase))
                ?? throw new FileNotFoundException(
                    $"'{VisibleText.OfPath(pathOrName)}' is {(Directory.Exists(pathOrName) ? "a folder" : "no file")}, and no recipe's " +
                    $"name: {string.Join(", ", known.Select(recipe => recipe.Name))}.",
                    pathOrName);
        if (PlainFile.OtherKind(pathOrName) is { } kind)
            throw new InvalidDataException($"'{VisibleText.OfPath(pathOrName)}' is not a training recipe. It is {kind}; name a JSON file.");
        try
        {
            return RecipeJson.ReadFile(pathOrName, Path.GetFileNameWithoutExtension(pathOrName));
        }
        catch (FormatException exception)
        {
            throw new InvalidDataException($"'{VisibleText.OfPath(pathOrName)}' is not a training recipe. {exception.Message}", exception);
        }
    }

    /// <summary>Reads a recipe from JSON, such as a model's metadata has.</summary>
    /// <exception cref="FormatException">It is no recipe; the message says where it fails.</exception>
    public static TrainingRecipe FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return RecipeJson.Read(json, nameof(FineTune));
    }

    /// <summary>The recipe as JSON, with all its values.</summary>
    public string ToJson() => RecipeJson.Write(this);

    /// <summary>Writes <see cref="ToJson"/> to a file, which is replaced only once the new one is complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        AtomicFile.Write(path, ToJson());
    }

    /// <summary>What is out of range, one sentence for each.</summary>
    internal IEnumerable<string> Faults() =>
    [
        .. Name is null ? [$"{nameof(Name)} is null."] : Array.Empty<string>(),
        .. ScheduleFaults(), .. RegularizationFaults(),
        .. Augmentation is null ? [$"{nameof(Augmentation)} is null."] : Augmentation.Faults().Select(fault => $"{nameof(Augmentation)}.{fault}"),
    ];

    private IEnumerable<string> ScheduleFaults()
    {
        if (Epochs < 1)
            yield return $"{nameof(Epochs)} is {Epochs}; it must be at least 1.";
        if (!(double.IsFinite(LearningRate) && LearningRate > 0))
            yield return Invariant($"{nameof(LearningRate)} is {LearningRate}; it must be above 0.");
        if (LearningRateBatchSize < 1)
            yield return $"{nameof(LearningRateBatchSize)} is {LearningRateBatchSize}; it must be at least 1, or null.";
        foreach (var (name, value) in new[]
        {
            (nameof(MinLearningRate), MinLearningRate), (nameof(WarmupEpochs), WarmupEpochs),
            (nameof(WarmupLearningRate), WarmupLearningRate), (nameof(WeightDecay), WeightDecay),
        })
            if (!(double.IsFinite(value) && value >= 0))
                yield return Invariant($"{name} is {value}; it must be at least 0.");
        if (!Enum.IsDefined(WarmupUnit))
            yield return OptionFaults.NotDefined(nameof(WarmupUnit), WarmupUnit);
        if (!Enum.IsDefined(CosineUnit))
            yield return OptionFaults.NotDefined(nameof(CosineUnit), CosineUnit);
    }

    private IEnumerable<string> RegularizationFaults()
    {
        if (MaxGradientNorm is { } norm && !(double.IsFinite(norm) && norm > 0))
            yield return Invariant($"{nameof(MaxGradientNorm)} is {norm}; it must be above 0, or null.");
        if (WeightAverageDecay is { } decay && !(decay is >= 0 and < 1))
            yield return Invariant($"{nameof(WeightAverageDecay)} is {decay}; it must be 0 to below 1, or null.");
        if (!(LabelSmoothing is >= 0 and < 1))
            yield return Invariant($"{nameof(LabelSmoothing)} is {LabelSmoothing}; it must be 0 to below 1.");
        if (!Enum.IsDefined(HeadLosses))
            yield return OptionFaults.NotDefined(nameof(HeadLosses), HeadLosses);
        if (!(DropPath is >= 0 and < 1))
            yield return Invariant($"{nameof(DropPath)} is {DropPath}; it must be 0 to below 1.");
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

/// <summary>How often a learning rate changes.</summary>
public enum ScheduleUnit
{
    /// <summary>With each step.</summary>
    Step,

    /// <summary>With each epoch; it is the same throughout one.</summary>
    Epoch,
}

/// <summary>What the loss of a network with several heads is.</summary>
public enum HeadLosses
{
    /// <summary>The mean of the heads' losses, as in the official code.</summary>
    Mean,

    /// <summary>Their sum, as in mmpretrain.</summary>
    Sum,
}
