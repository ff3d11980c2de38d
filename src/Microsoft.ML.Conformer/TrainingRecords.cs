using TorchSharp;

namespace Microsoft.ML.Conformer;

internal static class TrainingRecords
{
    public static IReadOnlyList<ITrainingRecord> Open(TrainingRecordOptions options, ClassLabels labels, ImageDataset? validation, torch.Device device) => [];
}
