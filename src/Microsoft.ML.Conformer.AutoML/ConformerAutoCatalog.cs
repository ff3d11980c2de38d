using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML;

/// <summary>Extension methods that offer the networks to AutoML.</summary>
public static class ConformerAutoCatalog
{
    /// <summary>A Conformer that AutoML tunes: append it to a pipeline where the trainer would stand.</summary>
    /// <param name="catalog">AutoML's catalog, <c>mlContext.Auto()</c>.</param>
    /// <param name="options">
    /// What is not swept: columns, validation set, device, seed and so on; read when a trial begins. Default: the trainer's defaults.
    /// </param>
    /// <param name="searchSpace">What is swept. Default: all of <see cref="ConformerSweepOptions"/>, starting from the options.</param>
    /// <remarks>
    /// AutoML's own trial runner cannot end a trial early; <see cref="ConformerTrialRunner"/> can, and it resumes interrupted experiments.
    /// A trial trains alone also where mpirun started the process, whatever the options' Distributed is.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The search space has a member that is none of <see cref="ConformerSweepOptions"/>, or the options have a folder for checkpoints.
    /// </exception>
    public static SweepableEstimator Conformer(
        this AutoCatalog catalog, ConformerTrainer.Options? options = null, SearchSpace<ConformerSweepOptions>? searchSpace = null)
    {
        options ??= new ConformerTrainer.Options();
        return Sweepable(
            catalog, options, searchSpace ?? ConformerSweepOptions.StartingFrom(options), (trainers, trial) => trainers.Conformer(trial));
    }

    /// <summary>A ConTNet that AutoML tunes: append it to a pipeline where the trainer would stand.</summary>
    /// <param name="catalog">AutoML's catalog, <c>mlContext.Auto()</c>.</param>
    /// <param name="options">
    /// What is not swept: columns, validation set, device, seed and so on; read when a trial begins. Default: the trainer's defaults.
    /// </param>
    /// <param name="searchSpace">What is swept. Default: all of <see cref="ConTNetSweepOptions"/>, starting from the options.</param>
    /// <inheritdoc cref="Conformer" path="/remarks"/>
    /// <exception cref="ArgumentException">
    /// The search space has a member that is none of <see cref="ConTNetSweepOptions"/>, or the options have a folder for checkpoints.
    /// </exception>
    public static SweepableEstimator ConTNet(
        this AutoCatalog catalog, ConTNetTrainer.Options? options = null, SearchSpace<ConTNetSweepOptions>? searchSpace = null)
    {
        options ??= new ConTNetTrainer.Options();
        return Sweepable(
            catalog, options, searchSpace ?? ConTNetSweepOptions.StartingFrom(options), (trainers, trial) => trainers.ConTNet(trial));
    }

    private static SweepableEstimator Sweepable<TOptions, TSwept>(
        AutoCatalog catalog, TOptions options, SearchSpace<TSwept> space,
        Func<MulticlassClassificationCatalog.MulticlassClassificationTrainers, TOptions, IEstimator<ITransformer>> create)
        where TOptions : ImageClassificationTrainerOptions
        where TSwept : ImageClassificationSweepOptions, new()
    {
        ArgumentNullException.ThrowIfNull(catalog);
        if (options.Checkpoints.Folder is not null)
            throw new ArgumentException(
                "Checkpoints.Folder is set, but trials write no checkpoints, of which each would need its own. Leave it null; the trial " +
                "runner's journal keeps what trials gave.", nameof(options));
        var members = new SweptMembers(space.Keys, typeof(TSwept), typeof(TOptions));
        return catalog.CreateSweepableEstimator(Trainer, space);

        IEstimator<ITransformer> Trainer(MLContext context, TSwept swept)
        {
            var trial = members.Apply(options, swept);
            trial.Distributed = DistributedTraining.Off; // each rank has an experiment of its own, with other trials
            TrialWatch.Of(context)?.Attach(trial);
            return create(context.MulticlassClassification.Trainers, trial);
        }
    }

    /// <summary>
    /// Loads images as LoadImages does, and keeps them decoded for later passes: for the trials of a sweep, which all read the same files.
    /// </summary>
    /// <param name="catalog">The catalog of transforms.</param>
    /// <param name="outputColumnName">Name of the image column.</param>
    /// <param name="imageFolder">Folder that the paths are relative to; null for absolute paths.</param>
    /// <param name="inputColumnName">Name of the column with the paths.</param>
    /// <param name="maxMemoryBytes">
    /// Bytes of memory for the pixels, three for each, at least 0; what is beyond goes to a file in MLContext.TempFilePath, which vanishes
    /// with the process, and what that cannot hold is decoded in each pass. Null (default): a quarter of the memory
    /// available to the process.
    /// </param>
    /// <remarks>
    /// All views and models that come from one estimator share what it keeps. A saved model, and a PredictionEngine, load images without
    /// keeping them. Images with transparency are decoded in each pass.
    /// </remarks>
    /// <exception cref="ArgumentException">Both columns have the same name.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxMemoryBytes"/> is negative.</exception>
    public static IEstimator<ITransformer> LoadImagesCached(
        this TransformsCatalog catalog, string outputColumnName, string? imageFolder, string inputColumnName, long? maxMemoryBytes = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(inputColumnName);
        if (outputColumnName == inputColumnName)
            throw new ArgumentException($"The image column and the column of paths are both '{inputColumnName}'; they must differ.");
        if (maxMemoryBytes is { } bytes)
            ArgumentOutOfRangeException.ThrowIfNegative(bytes, nameof(maxMemoryBytes));
        var images = new DecodedImages(
            maxMemoryBytes ?? DecodedImages.DefaultMaxMemoryBytes, CallerEnvironment.TempFolder(CallerEnvironment.Of(catalog)));
        var loader = catalog.LoadImages(outputColumnName, imageFolder, inputColumnName);
        return new ImageCachingEstimator(loader, images, outputColumnName, inputColumnName);
    }
}
