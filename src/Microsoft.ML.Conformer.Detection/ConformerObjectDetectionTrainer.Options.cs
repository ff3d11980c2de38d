using Microsoft.ML.Conformer.Detection.Scoring;

namespace Microsoft.ML.Conformer.Detection;

public sealed partial class ConformerObjectDetectionTrainer
{
    /// <summary>
    /// What and how to train. The defaults are those of the Conformer's authors: Faster R-CNN on a Conformer-S/32, 12 epochs of AdamW at
    /// 1e-4. The trainer copies its options, groups included, when it is made.
    /// </summary>
    public sealed class Options : PhotoTrainerOptions
    {
        /// <summary>Options with their defaults.</summary>
        public Options()
        {
            (LongestSide, ShortestSide, Epochs, BatchSize) = (1344, 800, 12, 2);
            (LearningRate, WeightDecay) = (1e-4, 1e-4);
        }

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

        /// <summary>How training images are varied at random; never null.</summary>
        public DetectionAugmentation Augmentation { get; set => field = NotNull(value); } = new();

        /// <summary>Epochs after which the learning rate is a tenth of what it was; copied. Default 8 and 11.</summary>
        public IReadOnlyList<int> DecayEpochs { get; set => field = [.. NotNull(value)]; } = [8, 11];

        /// <summary>Whether images without objects are trained with too, as background. Default false.</summary>
        public bool KeepEmptyImages { get; set; }

        internal DetectorColumns Columns => new(
            ImageColumnName, PredictedLabelColumnName, ScoreColumnName, PredictedBoundingBoxColumnName, PredictedMaskColumnName);

        internal ObjectColumns ObjectColumns => new(
            LabelColumnName, BoundingBoxColumnName, Architecture.HasMasks ? MaskColumnName : null, CrowdColumnName);

        /// <summary>A copy that shares nothing with this that can be changed.</summary>
        internal Options Copy() => (Options)CommonCopy();

        internal override VisionArchitecture TrainedBackbone => Architecture.Backbone;

        private protected override Dictionary<string, object?> OwnInfluences() => new()
        {
            [nameof(Rules)] = Rules,
            [nameof(Augmentation)] = Augmentation,
            [nameof(DecayEpochs)] = string.Join(", ", DecayEpochs),
            [nameof(KeepEmptyImages)] = KeepEmptyImages,
        };

        private protected override IEnumerable<string> OwnFaults()
        {
            List<string> faults =
            [
                .. OptionFaults.OfColumns(
                [
                    (nameof(LabelColumnName), LabelColumnName), (nameof(BoundingBoxColumnName), BoundingBoxColumnName),
                    (nameof(MaskColumnName), MaskColumnName), (nameof(CrowdColumnName), CrowdColumnName),
                    (nameof(ImageColumnName), ImageColumnName), (nameof(PredictedLabelColumnName), PredictedLabelColumnName),
                    (nameof(ScoreColumnName), ScoreColumnName), (nameof(PredictedBoundingBoxColumnName), PredictedBoundingBoxColumnName),
                    (nameof(PredictedMaskColumnName), PredictedMaskColumnName),
                ]),
                .. Architecture.Faults().Select(fault => $"{nameof(Architecture)}.{fault}"), .. Rules.Faults(),
                .. Augmentation.Faults().Select(fault => $"{nameof(Augmentation)}.{fault}"),
            ];
            if (DecayEpochs.Any(epoch => epoch < 1))
                faults.Add($"{nameof(DecayEpochs)} has {DecayEpochs.Min()}; all must be at least 1.");
            return faults;
        }
    }
}
