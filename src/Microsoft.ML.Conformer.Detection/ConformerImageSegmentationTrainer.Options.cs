using Microsoft.ML.Conformer.Detection.Scoring;

namespace Microsoft.ML.Conformer.Detection;

public sealed partial class ConformerImageSegmentationTrainer
{
    /// <summary>
    /// What and how to train. The defaults are mmsegmentation's for PSPNet where the backbone allows: images and the schedule's shape are
    /// PSPNet's, the optimizer, its learning rate and weight decay those of its networks on transformers (Swin). The trainer copies its
    /// options, groups included, when it is made.
    /// </summary>
    public sealed class Options : PhotoTrainerOptions
    {
        private const int LeastCrop = 32;

        /// <summary>Options with their defaults.</summary>
        public Options()
        {
            var images = SegmenterMetadata.DefaultImages;
            (LongestSide, ShortestSide, Epochs, BatchSize) = (images.LongestSide, images.ShortestSide, 60, 4);
            (LearningRate, WeightDecay) = (6e-5, 0.01);
        }

        /// <summary>
        /// Name of the column with the label maps' paths, as mlContext.Data.LoadSegmentation and its siblings make it: its annotations say
        /// which classes there are. Default "LabelMapPath".
        /// </summary>
        public string LabelMapColumnName { get; set; } = nameof(LabeledImageRow.LabelMapPath);

        /// <summary>Name of the output column with the pixels' classes. Default "PredictedLabels".</summary>
        public string PredictedLabelsColumnName { get; set; } = SegmenterColumns.DefaultPredictedLabels;

        /// <summary>Name of the output column with their height and width. Default "PredictedLabelsSize".</summary>
        public string SizeColumnName { get; set; } = SegmenterColumns.DefaultSize;

        /// <summary>
        /// The network's shape; never null. Its number of classes is the data's. Default: PSPNet's head on a Conformer-S/32.
        /// </summary>
        public SegmentationArchitecture Architecture { get; set => field = NotNull(value); } =
            new() { Backbone = ConformerArchitecture.For(ConformerVariant.SmallPatch32) };

        /// <summary>The network that gives the feature maps: of <see cref="Architecture"/>. Default a Conformer-S/32.</summary>
        public VisionArchitecture Backbone
        {
            get => Architecture.Backbone;
            set => Architecture = Architecture with { Backbone = NotNull(value) };
        }

        /// <summary>
        /// The pixels of either side of what training cuts out of images; where an image is smaller, it is padded with zeros that have no
        /// class. 32-4096. Default 512.
        /// </summary>
        public int CropSize { get; set; } = 512;

        /// <summary>How training images are varied at random; never null.</summary>
        public SegmentationAugmentation Augmentation { get; set => field = NotNull(value); } = new();

        /// <summary>What the auxiliary head's loss is multiplied by, at least 0. Default 0.4, the paper's.</summary>
        public double AuxiliaryWeight { get; set; } = 0.4;

        internal SegmenterColumns Columns => new(ImageColumnName, PredictedLabelsColumnName, SizeColumnName);

        internal override VisionArchitecture TrainedBackbone => Architecture.Backbone;

        /// <summary>The head averages an image to one value per channel, of which BatchNorm needs two.</summary>
        internal override int SmallestBatch => 2;

        /// <summary>A copy that shares nothing with this that can be changed.</summary>
        internal Options Copy() => (Options)CommonCopy();

        private protected override Dictionary<string, object?> OwnInfluences() => new()
        {
            [nameof(CropSize)] = CropSize,
            [nameof(Augmentation)] = Augmentation,
            [nameof(AuxiliaryWeight)] = AuxiliaryWeight,
        };

        private protected override IEnumerable<string> OwnFaults() =>
        [
            .. OptionFaults.OfColumns(
            [
                (nameof(ImageColumnName), ImageColumnName), (nameof(LabelMapColumnName), LabelMapColumnName),
                (nameof(PredictedLabelsColumnName), PredictedLabelsColumnName), (nameof(SizeColumnName), SizeColumnName),
            ]),
            .. Architecture.Faults().Select(fault => $"{nameof(Architecture)}.{fault}"),
            .. OptionFaults.Outside(nameof(CropSize), CropSize, LeastCrop, ImagePreprocessor.MaxImageSize),
            .. OptionFaults.Outside(nameof(AuxiliaryWeight), AuxiliaryWeight, 0, double.MaxValue),
            .. Augmentation.Faults().Select(fault => $"{nameof(Augmentation)}.{fault}"),
        ];
    }
}
