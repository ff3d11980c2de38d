namespace Microsoft.ML.Conformer.Detection;

/// <summary>One Fit's training of a network for segmentation.</summary>
internal sealed class SegmentationRun(
    ConformerImageSegmentationTrainer.Options options, SegmentationArchitecture architecture, IReadOnlyList<string> classNames,
    FitScope scope)
    : PhotoRun<SegmentationNetwork, SegmentationDataset>(options, scope)
{
    /// <summary>mmsegmentation's: power and the last hundredth are PSPNet's, the warm-up begins as for networks on transformers.</summary>
    private const double Power = 0.9, FloorRatio = 0.01, WarmupRatio = 1e-6;

    protected override IEnumerable<(string Name, string Value)> Facts =>
        [("the network", SegmenterMetadata.ToJson(architecture)), ("the classes", string.Join(", ", classNames))];

    protected override IReadOnlyList<string> FigureNames => SegmentationTask.FigureNames;

    protected override ILearningRateSchedule Schedule =>
        new PolySchedule(options.LearningRate, options.Epochs, Power, FloorRatio, options.WarmupSteps, WarmupRatio);

    protected override string JudgedBy => SegmentationTask.MeanIntersectionOverUnion;

    protected override string MemoryRemedy =>
        "Choose a smaller CropSize, BatchSize (validation takes it as a whole), LongestSide and ShortestSide, or backbone.";

    /// <summary>The network with its weights as they are now.</summary>
    public SegmenterModel ToModel() =>
        SegmenterModel.Of(architecture, options.Preprocessing, classNames, Weights(), IsOfFiles);

    protected override byte[] ToOnnx() => ToModel().Onnx;

    protected override SegmentationNetwork CreateNetwork() => new(architecture, seed: options.Seed);

    protected override WeightPlan Match(CheckpointFile file) => BackboneWeights.Match(architecture, file, options.StrictWeights);

    protected override SegmentationDataset Read(
        IDataView data, string role, ImageReadOptions reading, ImageFingerprints.Fingerprint? fingerprint)
    {
        var images = SegmentationDataset.Read(
            data, LabelMapPaths.Find(data.Schema, options.LabelMapColumnName).Rule,
            reading with { LabelColumnName = options.LabelMapColumnName }, fingerprint, Scope.Ranks.Cancellation);
        if (images.Count == 0)
            using (images)
                throw new InvalidOperationException(
                    $"The {role} data has no usable image (column '{options.ImageColumnName}'): {images.LeftOut.Bad} could not be read.");
        Scope.Log.Info($"Read {images.Count} {role} images with label maps.");
        return images;
    }

    protected override (ITrainingTask Task, IBatchSource Training) Prepare(
        SegmentationDataset images, SegmentationDataset? validation, PhotoBatchOptions batches) => (
        new SegmentationTask(
            Network, new SegmentationLoss(architecture.SizeDivisor) { AuxiliaryWeight = options.AuxiliaryWeight }, classNames, validation),
        new SegmentationBatches(
            images, new SegmentationAugmenter(options.Augmentation, options.Preprocessing, options.CropSize), batches));
}
