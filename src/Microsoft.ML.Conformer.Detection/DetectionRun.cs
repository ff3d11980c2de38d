namespace Microsoft.ML.Conformer.Detection;

/// <summary>One Fit's training of a detector.</summary>
internal sealed class DetectionRun(
    ConformerObjectDetectionTrainer.Options options, DetectorArchitecture architecture, ClassLabels labels, FitScope scope)
    : PhotoRun<DetectionNetwork, DetectionDataset>(options, scope)
{
    private const double DecayFactor = 0.1, WarmupRatio = 0.001;

    protected override IEnumerable<(string Name, string Value)> Facts =>
        [("the detector", DetectorMetadata.ToJson(architecture)), ("the classes", string.Join(", ", labels.Names))];

    protected override IReadOnlyList<string> FigureNames => DetectionTask.FigureNames(architecture);

    protected override ILearningRateSchedule Schedule =>
        new StepSchedule(options.LearningRate, options.DecayEpochs, DecayFactor, options.WarmupSteps, WarmupRatio);

    protected override string JudgedBy => DetectionTask.AveragePrecision;

    protected override string MemoryRemedy =>
        "Choose a smaller BatchSize (validation takes it as a whole), LongestSide and ShortestSide, or backbone.";

    /// <summary>The network with its weights as they are now.</summary>
    public DetectorModel ToModel() =>
        DetectorModel.Of(architecture, options.Rules, options.Preprocessing, labels, Weights(), IsOfFiles);

    protected override byte[] ToOnnx() => ToModel().Onnx;

    protected override DetectionNetwork CreateNetwork() =>
        new(architecture, options.Seed, isPretrained: options.PretrainedWeights is not null);

    protected override WeightPlan Match(CheckpointFile file) => BackboneWeights.Match(architecture, file, options.StrictWeights);

    protected override DetectionDataset Read(
        IDataView data, string role, ImageReadOptions reading, ImageFingerprints.Fingerprint? fingerprint)
    {
        var isTraining = role == "training";
        var images = DetectionDataset.Read(
            data, options.ObjectColumns, reading with { LabelColumnName = options.LabelColumnName },
            leavesOutEmpty: isTraining && !options.KeepEmptyImages, fingerprint, Scope.Ranks.Cancellation);
        var (empty, bad) = images.LeftOut;
        if (empty > 0)
            Scope.Log.Info($"Left out {empty} {role} images without an object to learn.");
        if (isTraining && images.Usable.Count < images.Count)
            Scope.Log.Warn(
                $"Left out {images.Count - images.Usable.Count} training images with a side below {DetectionDataset.LeastSide} pixels.");
        if ((isTraining ? images.Usable.Count : images.Count) == 0)
            using (images)
                throw new InvalidOperationException(
                    $"The {role} data has no usable image (column '{options.ImageColumnName}'): {bad} could not be read, {empty} have no " +
                    $"object (column '{options.LabelColumnName}'), {images.Count} are too small.");
        if (images.Left.ToList() is { Count: > 0 } left)
            Scope.Log.Warn(
                Runtime.MessageSensitivity.UserData,
                $"In {left.Count} {role} images objects reach beyond the edges, such as in {images.NameOf(left[0])}. If annotations are of " +
                "images of another size, mlContext.Data.CheckCoco and its siblings, and `conformer check`, tell them.");
        Scope.Log.Info($"Read {images.Count} {role} images with {images.ObjectCount} objects.");
        return images;
    }

    protected override (ITrainingTask Task, IBatchSource Training) Prepare(
        DetectionDataset images, DetectionDataset? validation, PhotoBatchOptions batches) => (
        new DetectionTask(Network, LossRules.Of(architecture.Head), options.Rules, labels.Names, validation),
        new DetectionBatches(
            images, new ImageAugmenter(options.Augmentation, options.Preprocessing, architecture.HasMasks),
            batches with { KeepsWideApart = true }));
}
