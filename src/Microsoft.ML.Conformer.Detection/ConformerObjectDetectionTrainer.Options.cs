using Microsoft.ML.Conformer.Detection.Scoring;

namespace Microsoft.ML.Conformer.Detection;

public sealed partial class ConformerObjectDetectionTrainer
{
    /// <summary>
    /// What and how to train. The defaults are those of the Conformer's authors: Faster R-CNN on a Conformer-S/32, 12 epochs of AdamW at
    /// 1e-4. The trainer copies its options, groups included, when it is made.
    /// </summary>
    public sealed class Options : NetworkTrainerOptions
    {
        /// <summary>Name of the label column, a variable vector of keys, one for each object. Default "Label".</summary>
        public string LabelColumnName { get; set; } = ScoringColumns.DefaultLabel;

        /// <summary>
        /// Name of the column with the objects' boxes, a variable vector of Single: x0, y0, x1, y1 for each, in pixels of the image.
        /// Default "BoundingBoxes".
        /// </summary>
        public string BoundingBoxColumnName { get; set; } = "BoundingBoxes";

        /// <summary>
        /// Name of the column with the objects' masks, a variable vector of text: COCO's compressed run lengths for each, empty where only
        /// the box is known, which is the mask then. Read where the detector has masks. Default "Masks".
        /// </summary>
        public string MaskColumnName { get; set; } = "Masks";

        /// <summary>
        /// Name of the column that says which objects are crowds, which are neither learned nor to be found; the data may lack it. Default
        /// "IsCrowd".
        /// </summary>
        public string CrowdColumnName { get; set; } = "IsCrowd";

        /// <summary>Name of the image column (MLImage, files' paths or contents). Default "Image".</summary>
        public string ImageColumnName { get; set; } = DetectorColumns.DefaultImage;

        /// <summary>Name of the output column with the found objects' classes. Default "PredictedLabel".</summary>
        public string PredictedLabelColumnName { get; set; } = DetectorColumns.DefaultPredictedLabel;

        /// <summary>Name of the output column with their scores. Default "Score".</summary>
        public string ScoreColumnName { get; set; } = DetectorColumns.DefaultScore;

        /// <summary>Name of the output column with their boxes. Default "PredictedBoundingBoxes".</summary>
        public string PredictedBoundingBoxColumnName { get; set; } = DetectorColumns.DefaultBoxes;

        /// <summary>Name of the output column with their masks, where the detector has them. Default "PredictedMasks".</summary>
        public string PredictedMaskColumnName { get; set; } = DetectorColumns.DefaultMasks;

        /// <summary>
        /// The detector's shape; never null. Its number of classes is the label column's. Default: Faster R-CNN on a Conformer-S/32.
        /// </summary>
        public DetectorArchitecture Architecture { get; set => field = NotNull(value); } =
            new() { Backbone = ConformerArchitecture.For(ConformerVariant.SmallPatch32) };

        /// <summary>What finds objects: of <see cref="Architecture"/>. Default <see cref="DetectionHead.FasterRcnn"/>.</summary>
        public DetectionHead Head
        {
            get => Architecture.Head;
            set => Architecture = Architecture with { Head = value };
        }

        /// <summary>The network that gives the feature maps: of <see cref="Architecture"/>. Default a Conformer-S/32.</summary>
        public VisionArchitecture Backbone
        {
            get => Architecture.Backbone;
            set => Architecture = Architecture with { Backbone = NotNull(value) };
        }

        /// <summary>Which detections are kept, in validation and by the trained model; never null.</summary>
        public DetectionRules Rules { get; set => field = NotNull(value); } = new();

        /// <summary>The most pixels of the longer side of images as the network sees them, 32-4096. Default 1344.</summary>
        public int LongestSide { get; set; } = 1344;

        /// <summary>The most pixels of their shorter side, 32 to <see cref="LongestSide"/>. Default 800.</summary>
        public int ShortestSide { get; set; } = 800;

        /// <summary>How training images are varied at random; never null.</summary>
        public DetectionAugmentation Augmentation { get; set => field = NotNull(value); } = new();

        /// <summary>Number of passes over the training images, at least 1. Default 12.</summary>
        public int Epochs { get; set; } = 12;

        /// <summary>Images in a step, at least 1. Default 2; where ranks train together, each has so many.</summary>
        public int BatchSize { get; set; } = 2;

        /// <summary>
        /// AdamW's learning rate, above 0. Default 1e-4, which the authors took for 16 images in a step.
        /// </summary>
        public double LearningRate { get; set; } = 1e-4;

        /// <summary>AdamW's weight decay, at least 0, of every weight. Default 1e-4.</summary>
        public double WeightDecay { get; set; } = 1e-4;

        /// <summary>Epochs after which the learning rate is a tenth of what it was; copied. Default 8 and 11.</summary>
        public IReadOnlyList<int> DecayEpochs { get; set => field = [.. NotNull(value)]; } = [8, 11];

        /// <summary>Steps in which the learning rate rises in a line from a thousandth of it, at least 0. Default 500.</summary>
        public int WarmupSteps { get; set; } = 500;

        /// <summary>
        /// The length to which longer gradients, all weights' taken as one vector, are shortened before a step, above 0. Null (default):
        /// they never are.
        /// </summary>
        public double? MaxGradientNorm { get; set; }

        /// <summary>
        /// Images that go through the network at once, 1 to <see cref="BatchSize"/>; the gradients of a batch's parts are added. Null
        /// (default): the whole batch, or half of it, and so on, where it does not fit into the device's memory.
        /// </summary>
        public int? MicroBatchSize { get; set; }

        /// <summary>
        /// What an exponential moving average of the weights keeps of itself in a step, 0 to below 1; it is validated, kept and exported
        /// in the weights' place. Null (default): there is no average.
        /// </summary>
        public double? WeightAverageDecay { get; set; }

        /// <summary>
        /// Images to validate with after each epoch, to keep the best weights by COCO's average precision of boxes; null (default) for
        /// none. They have the training data's columns.
        /// </summary>
        public IDataView? ValidationSet { get; set; }

        /// <summary>
        /// The epochs in a row that are no better than the best one after which training ends, at least 1; null (default): any number.
        /// </summary>
        public int? Patience { get; set; }

        /// <summary>Whether images without objects are trained with too, as background. Default false.</summary>
        public bool KeepEmptyImages { get; set; }

        internal DetectorColumns Columns => new(
            ImageColumnName, PredictedLabelColumnName, ScoreColumnName, PredictedBoundingBoxColumnName, PredictedMaskColumnName);

        internal ObjectColumns ObjectColumns => new(
            LabelColumnName, BoundingBoxColumnName, Architecture.HasMasks ? MaskColumnName : null, CrowdColumnName);

        internal DetectorPreprocessing Preprocessing => new()
        {
            LongestSide = LongestSide,
            ShortestSide = ShortestSide,
            Colors = new ImagePreprocessing { Background = Background },
        };

        internal void Check() => OptionFaults.ThrowIfAny([.. Faults()]);

        /// <summary>A copy that shares nothing with this that can be changed.</summary>
        internal Options Copy() => (Options)CommonCopy();

        /// <summary>What the trained weights follow from beside the images and the machine, by the options' names.</summary>
        internal Dictionary<string, string> Influences()
        {
            var values = new Dictionary<string, object?>
            {
                [nameof(PretrainedWeights)] = Path.GetFileName(PretrainedWeights),
                [nameof(PretrainedAverage)] = PretrainedAverage,
                [nameof(Rules)] = Rules,
                [nameof(LongestSide)] = LongestSide,
                [nameof(ShortestSide)] = ShortestSide,
                [nameof(Augmentation)] = Augmentation,
                [nameof(Epochs)] = Epochs,
                [nameof(BatchSize)] = BatchSize,
                [nameof(MicroBatchSize)] = MicroBatchSize,
                [nameof(LearningRate)] = LearningRate,
                [nameof(WeightDecay)] = WeightDecay,
                [nameof(DecayEpochs)] = string.Join(", ", DecayEpochs),
                [nameof(WarmupSteps)] = WarmupSteps,
                [nameof(MaxGradientNorm)] = MaxGradientNorm,
                [nameof(WeightAverageDecay)] = WeightAverageDecay,
                [nameof(ValidationSet)] = ValidationSet is null ? "absent" : "given",
                [nameof(Patience)] = Patience,
                [nameof(KeepEmptyImages)] = KeepEmptyImages,
                [nameof(Seed)] = Seed,
                [nameof(Background)] = Background,
                [nameof(TolerateTruncated)] = TolerateTruncated,
            };
            return values.ToDictionary(entry => entry.Key, entry => FormattableString.Invariant($"{entry.Value ?? "null"}"));
        }

        private IEnumerable<string> Faults() =>
        [
            .. OptionFaults.OfColumns(
            [
                (nameof(LabelColumnName), LabelColumnName), (nameof(BoundingBoxColumnName), BoundingBoxColumnName),
                (nameof(MaskColumnName), MaskColumnName), (nameof(CrowdColumnName), CrowdColumnName),
                (nameof(ImageColumnName), ImageColumnName), (nameof(PredictedLabelColumnName), PredictedLabelColumnName),
                (nameof(ScoreColumnName), ScoreColumnName), (nameof(PredictedBoundingBoxColumnName), PredictedBoundingBoxColumnName),
                (nameof(PredictedMaskColumnName), PredictedMaskColumnName),
            ]),
            .. Architecture.Faults().Select(fault => $"{nameof(Architecture)}.{fault}"), .. Rules.Faults(), .. Preprocessing.Faults(),
            .. Augmentation.Faults().Select(fault => $"{nameof(Augmentation)}.{fault}"), .. StepFaults(), .. CommonFaults(),
        ];

        private IEnumerable<string> StepFaults()
        {
            if (Backbone is { InputChannels: not RgbImage.Channels })
                yield return $"{nameof(Backbone)}.{nameof(Backbone.InputChannels)} is {Backbone.InputChannels}; images have 3.";
            if (ShortestSide < 32)
                yield return $"{nameof(ShortestSide)} is {ShortestSide}; it must be at least 32.";
            foreach (var (name, value, least) in new[]
            {
                (nameof(Epochs), Epochs, 1), (nameof(BatchSize), BatchSize, 1), (nameof(WarmupSteps), WarmupSteps, 0),
                (nameof(Patience), Patience ?? 1, 1),
            })
                if (value < least)
                    yield return $"{name} is {value}; it must be at least {least}.";
            if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
                yield return FormattableString.Invariant($"{nameof(LearningRate)} is {LearningRate}; it must be above 0.");
            if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay)))
                yield return FormattableString.Invariant($"{nameof(WeightDecay)} is {WeightDecay}; it must be at least 0.");
            if (MaxGradientNorm is { } norm && !(norm > 0))
                yield return FormattableString.Invariant($"{nameof(MaxGradientNorm)} is {norm}; it must be above 0, or null.");
            if (WeightAverageDecay is { } decay && !(decay is >= 0 and < 1))
                yield return FormattableString.Invariant($"{nameof(WeightAverageDecay)} is {decay}; it must be 0 to below 1, or null.");
            if (MicroBatchSize is { } size && (size < 1 || size > BatchSize))
                yield return $"{nameof(MicroBatchSize)} is {size}; it must be 1 to {nameof(BatchSize)} ({BatchSize}), or null.";
            if (DecayEpochs.Any(epoch => epoch < 1))
                yield return $"{nameof(DecayEpochs)} has {DecayEpochs.Min()}; all must be at least 1.";
            if (Patience is not null && ValidationSet is null)
                yield return $"{nameof(Patience)} is {Patience}, but {nameof(ValidationSet)} is null: no epoch is better than another.";
        }
    }
}
