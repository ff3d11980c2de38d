namespace Conformer.Cli.Detecting;

/// <summary>What the command line asks of `conformer detect train`.</summary>
internal sealed record DetectTrainSettings : RunSettings
{
    public override string Command => "detect train";

    public override NetworkTrainerOptions Common => Training;

    /// <summary>How to train.</summary>
    public required ConformerObjectDetectionTrainer.Options Training { get; init; }

    /// <summary>The trainer with these options.</summary>
    public ConformerObjectDetectionTrainer Trainer(MLContext mlContext)
    {
        Training.ValidationSet ??= mlContext.Data.LoadFromEnumerable<ImageFile>([]); // there always is some, if not read yet
        return mlContext.MulticlassClassification.Trainers.ConformerObjectDetection(Training);
    }

    public ObjectDetectorTransformer Fit(MLContext mlContext, DetectionData data, CancellationToken cancellation)
    {
        (Training.ValidationSet, Training.CancellationToken) = (data.Validation.Rows, cancellation);
        return Trainer(mlContext).Fit(data.Training.Rows);
    }
}
