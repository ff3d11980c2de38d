using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Weights;

namespace Microsoft.ML.Conformer;

public sealed partial class ConformerTrainer
{
    /// <summary>
    /// What and how a <see cref="ConformerTrainer"/> trains. The trainer copies its options when it is made: a later change has no effect.
    /// </summary>
    public sealed class Options
    {
        private const int MinImageSize = 32;

        private const int MaxImageSize = ImagePreprocessor.MaxImageSize;

        private const int MaxThreads = 1024;

        /// <summary>Name of the label column, a key: make it with MapValueToKey. Default "Label".</summary>
        public string LabelColumnName { get; set; } = "Label";

        /// <summary>Name of the image column (MLImage of any size). Default "Image".</summary>
        public string ImageColumnName { get; set; } = "Image";

        /// <summary>Name of the output column with the class probabilities. Default "Score".</summary>
        public string ScoreColumnName { get; set; } = "Score";

        /// <summary>Name of the output column with the most probable class. Default "PredictedLabel".</summary>
        public string PredictedLabelColumnName { get; set; } = "PredictedLabel";

        /// <summary>The published network to train. Default <see cref="ConformerVariant.Tiny"/>.</summary>
        /// <remarks><see cref="Architecture"/> overrides it.</remarks>
        public ConformerVariant Variant { get; set; } = ConformerVariant.Tiny;

        /// <summary>The network's shape, or null (default) for that of <see cref="Variant"/>.</summary>
        /// <remarks>The number of classes comes from the data; <see cref="VisionArchitecture.NumClasses"/> is ignored.</remarks>
        public ConformerArchitecture? Architecture { get; set; }

        /// <summary>
        /// Weights to start from: the path of a .pth file (the official code's or mmpretrain's) or of a safetensors file, or a published
        /// name such as "conformer-tiny-p16". Null (default): random weights.
        /// </summary>
        /// <remarks>
        /// Published weights are downloaded once into a per-user cache (environment variable CONFORMER_CACHE; CONFORMER_OFFLINE=1 forbids
        /// it). Where the file has another number of classes, both heads start at random, and the log says so.
        /// </remarks>
        public string? PretrainedWeights { get; set; }

        /// <summary>
        /// Whether tensors that are missing, unexpected or of another shape in <see cref="PretrainedWeights"/> are an error that lists all
        /// of them (default), or warnings.
        /// </summary>
        public bool StrictWeights { get; set; } = true;

        /// <summary>Told how a download of <see cref="PretrainedWeights"/> goes. Null by default.</summary>
        public IProgress<WeightDownloadProgress>? DownloadProgress { get; set; }

        /// <summary>Height and width of the images that the network sees, in pixels, 32-4096. Default 224.</summary>
        /// <remarks>
        /// Training time grows faster than its square. Where it is no multiple of the patch size, part of the work goes into padding.
        /// </remarks>
        public int ImageSize { get; set; } = 224;

        /// <summary>Number of passes over the training images, at least 1. Default 30.</summary>
        public int Epochs { get; set; } = 30;

        /// <summary>Images in a step, at least 1; at least 2 where <see cref="ImageSize"/> is 32. Default 32.</summary>
        /// <remarks>Images that do not fill a batch at the end of an epoch are left out of it; each epoch leaves out others.</remarks>
        public int BatchSize { get; set; } = 32;

        /// <summary>AdamW's highest learning rate, above 0. Default 5e-4.</summary>
        public double LearningRate { get; set; } = 5e-4;

        /// <summary>The learning rate falls no lower than this, 0-<see cref="LearningRate"/>. Default 1e-6.</summary>
        public double MinLearningRate { get; set; } = 1e-6;

        /// <summary>Epochs in which the learning rate rises from 0 to <see cref="LearningRate"/>, at least 0. Default 2.</summary>
        /// <remarks>It then falls as a half cosine. With <see cref="Epochs"/> or more it only rises. Fractions are fine.</remarks>
        public double WarmupEpochs { get; set; } = 2;

        /// <summary>AdamW's weight decay, at least 0; biases, norms and the class token have none. Default 0.05.</summary>
        public double WeightDecay { get; set; } = 0.05;

        /// <summary>Share of a label's probability that is spread evenly over all classes, 0 to below 1. Default 0.1.</summary>
        public double LabelSmoothing { get; set; } = 0.1;

        /// <summary>Stochastic depth: chance with which the last transformer block is skipped, 0 to below 1. Default 0.1.</summary>
        /// <remarks>It grows linearly from 0 at the first block.</remarks>
        public double DropPath { get; set; } = 0.1;

        /// <summary>Smallest area of a random crop, as a fraction of the image's area, above 0. Default 0.35.</summary>
        public double CropScaleMin { get; set; } = 0.35;

        /// <summary>Largest area of a random crop, as a fraction of the image's area, <see cref="CropScaleMin"/>-1. Default 1.</summary>
        public double CropScaleMax { get; set; } = 1;

        /// <summary>Chance, 0-1, with which a training image is mirrored. Default 0.5; 0 where left and right matter.</summary>
        public double HorizontalFlip { get; set; } = 0.5;

        /// <summary>Images to validate with after each epoch, to keep the best weights; null (default): the last are kept.</summary>
        /// <remarks>
        /// It has the same image and label columns as the training data; the label may also be the plain values that the training labels'
        /// keys were made from. The classes may have another order.
        /// </remarks>
        public IDataView? ValidationSet { get; set; }

        /// <summary>Fixes the initial weights, the order of the images and their augmentation. Default 0.</summary>
        /// <remarks>
        /// The same seed, options and data give the same network on the same CPU. The MLContext's seed has no part in it.
        /// </remarks>
        public int Seed { get; set; }

        /// <summary>Where to train. Default <see cref="TrainingDevice.Auto"/>: on a usable CUDA GPU, else on the CPU.</summary>
        public TrainingDevice Device { get; set; } = TrainingDevice.Auto;

        /// <summary>
        /// CPU threads that train, and that score with the trained model, 1-1024. Null (default): one for each processor that the process
        /// may use; for training fewer where OMP_NUM_THREADS or torch.set_num_threads says so.
        /// </summary>
        /// <remarks>
        /// libtorch has one number for the process: where two Fits run at once, the later one's holds. Another number rounds otherwise.
        /// </remarks>
        public int? Threads { get; set; }

        /// <summary>What to do about an image that cannot be read. Default <see cref="BadImagePolicy.Throw"/>.</summary>
        public BadImagePolicy BadImagePolicy { get; set; } = BadImagePolicy.Throw;

        /// <summary>
        /// Bytes of memory that the decoded training images may take, and as many again those of <see cref="ValidationSet"/>, at least 0;
        /// what is beyond goes to a file in <see cref="CacheFolder"/>. Null (default): for each an eighth of the memory available to the
        /// process.
        /// </summary>
        public long? MaxCacheBytes { get; set; }

        /// <summary>Folder for images beyond <see cref="MaxCacheBytes"/>; null (default) for the user's temporary folder.</summary>
        /// <remarks>It must exist. Nothing stays in it after Fit.</remarks>
        public string? CacheFolder { get; set; }

        /// <summary>Told a few times a second, and at the end of each epoch, where training stands. Null by default.</summary>
        public IProgress<TrainingProgress>? Progress { get; set; }

        /// <summary>Ends Fit with an <see cref="OperationCanceledException"/>. By default it cannot be canceled.</summary>
        public CancellationToken CancellationToken { get; set; }

        internal Options Copy() => (Options)MemberwiseClone();

        /// <summary>The network's shape for a number of classes.</summary>
        internal ConformerArchitecture ArchitectureFor(int classCount) =>
            Architecture is { } own ? own with { NumClasses = classCount } : ConformerArchitecture.For(Variant, classCount);

        /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
        internal void Check() => OptionFaults.ThrowIfAny([.. Faults()]);

        private IEnumerable<string> Faults() =>
            [.. ColumnFaults(), .. NetworkFaults(), .. ScheduleFaults(), .. ImageFaults()];

        private IEnumerable<string> ColumnFaults() => OptionFaults.OfColumns(
        [
            (nameof(LabelColumnName), LabelColumnName), (nameof(ImageColumnName), ImageColumnName),
            (nameof(ScoreColumnName), ScoreColumnName), (nameof(PredictedLabelColumnName), PredictedLabelColumnName),
        ]);

        private IEnumerable<string> NetworkFaults()
        {
            if (Architecture is null && !Enum.IsDefined(Variant))
                yield return OptionFaults.NotDefined(nameof(Variant), Variant);
            if (ImageSize is < MinImageSize or > MaxImageSize)
                yield return $"{nameof(ImageSize)} is {ImageSize}; it must be {MinImageSize}-{MaxImageSize}.";
            if (PretrainedWeights is not null && string.IsNullOrWhiteSpace(PretrainedWeights))
                yield return $"{nameof(PretrainedWeights)} is empty; it must be a file's path, a published name, or null.";
            if (Architecture is null)
                yield break;
            if (Architecture.InputChannels != 3)
                yield return $"{nameof(Architecture)}.{nameof(Architecture.InputChannels)} is {Architecture.InputChannels}; images have 3.";
            foreach (var fault in (Architecture with { NumClasses = 2 }).Faults())
                yield return $"{nameof(Architecture)}.{fault}";
            if (Architecture.PositionEmbeddingImageSize is { } size && size != ImageSize)
            {
                yield return $"{nameof(Architecture)}.{nameof(Architecture.PositionEmbeddingImageSize)} is {size}; it must be " +
                    $"{nameof(ImageSize)} ({ImageSize}).";
            }
        }

        private IEnumerable<string> ScheduleFaults()
        {
            if (Epochs < 1)
                yield return $"{nameof(Epochs)} is {Epochs}; it must be at least 1.";
            if (BatchSize < 1)
                yield return $"{nameof(BatchSize)} is {BatchSize}; it must be at least 1.";
            else if (BatchSize == 1 && ImageSize == MinImageSize)
            {
                yield return $"{nameof(BatchSize)} is 1; it must be at least 2 where {nameof(ImageSize)} is {MinImageSize}: the last " +
                    "feature map is one pixel then, and BatchNorm needs more than one value.";
            }
            else if (ImageSize is >= MinImageSize and <= MaxImageSize && 3L * ImageSize * ImageSize * BatchSize > Array.MaxLength)
            {
                yield return $"{nameof(BatchSize)} is {BatchSize}; it must be at most {Array.MaxLength / (3 * ImageSize * ImageSize)} " +
                    $"where {nameof(ImageSize)} is {ImageSize}: the colors of a batch must fit into an array.";
            }
            if (!(double.IsFinite(LearningRate) && LearningRate > 0))
                yield return Invariant($"{nameof(LearningRate)} is {LearningRate}; it must be above 0.");
            else if (!(MinLearningRate >= 0 && MinLearningRate <= LearningRate))
            {
                yield return Invariant(
                    $"{nameof(MinLearningRate)} is {MinLearningRate}; it must be 0 to {nameof(LearningRate)} ({LearningRate}).");
            }
            if (!(double.IsFinite(WarmupEpochs) && WarmupEpochs >= 0))
                yield return Invariant($"{nameof(WarmupEpochs)} is {WarmupEpochs}; it must be at least 0.");
            if (!(double.IsFinite(WeightDecay) && WeightDecay >= 0))
                yield return Invariant($"{nameof(WeightDecay)} is {WeightDecay}; it must be at least 0.");
            if (!(LabelSmoothing is >= 0 and < 1))
                yield return Invariant($"{nameof(LabelSmoothing)} is {LabelSmoothing}; it must be 0 to below 1.");
            if (!(DropPath is >= 0 and < 1))
                yield return Invariant($"{nameof(DropPath)} is {DropPath}; it must be 0 to below 1.");
            if (!Enum.IsDefined(Device))
                yield return OptionFaults.NotDefined(nameof(Device), Device);
            if (Threads is < 1 or > MaxThreads)
                yield return $"{nameof(Threads)} is {Threads}; it must be 1-{MaxThreads}, or null.";
        }

        private IEnumerable<string> ImageFaults()
        {
            if (!(CropScaleMin is > 0 and <= 1))
                yield return Invariant($"{nameof(CropScaleMin)} is {CropScaleMin}; it must be above 0 and at most 1.");
            else if (!(CropScaleMax >= CropScaleMin && CropScaleMax <= 1))
            {
                yield return Invariant(
                    $"{nameof(CropScaleMax)} is {CropScaleMax}; it must be {nameof(CropScaleMin)} ({CropScaleMin}) to 1.");
            }
            if (!(HorizontalFlip is >= 0 and <= 1))
                yield return Invariant($"{nameof(HorizontalFlip)} is {HorizontalFlip}; it must be 0-1.");
            if (!Enum.IsDefined(BadImagePolicy))
                yield return OptionFaults.NotDefined(nameof(BadImagePolicy), BadImagePolicy);
            if (MaxCacheBytes < 0)
                yield return $"{nameof(MaxCacheBytes)} is {MaxCacheBytes}; it must be at least 0, or null.";
            if (CacheFolder is not null && !Directory.Exists(CacheFolder))
                yield return $"{nameof(CacheFolder)} is '{CacheFolder}'; there is no such folder.";
        }

        private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
    }
}
