using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;

namespace Microsoft.ML.Conformer.Tests.Training.Records;

/// <summary>Reports of a run that nobody runs: of 2 epochs of 10 steps, of the epoch that it is asked for.</summary>
internal sealed class RecordedRun : IDisposable
{
    private const int Steps = 10;

    public ConformerNetwork Network { get; } = new(ScoringModel.Architecture, seed: 1);

    public void Tell(ITrainingRecord record, int epoch, int step, IBatch? first = null) =>
        record.Add(Progress(epoch, step), new TrainingDetails(Network, (epoch - 1) * Steps + step, first, null));

    public void End(ITrainingRecord record, int epoch, ClassificationFigures? validation = null) => record.Add(
        Progress(epoch, Steps) with
        {
            EpochEnded = true,
            IsBest = validation is not null,
        },
        new TrainingDetails(Network, epoch * Steps, null, validation?.ToValidation(ValidationMetric.Accuracy)));

    public void Dispose() => Network.Dispose();

    private static TrainingProgress Progress(int epoch, int step) => new()
    {
        Epoch = epoch,
        Epochs = 2,
        Step = step,
        Steps = Steps,
        Loss = 1.5 / epoch,
        LearningRate = 5e-5,
        ImagesPerSecond = 12.5,
        Elapsed = TimeSpan.FromSeconds(90.25 * epoch),
        Remaining = TimeSpan.Zero,
        EpochEnded = false,
    };
}
