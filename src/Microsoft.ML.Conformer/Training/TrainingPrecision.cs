using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>The numbers that a step's forward pass computes with; weights and their gradients are fp32 in any case.</summary>
internal abstract class TrainingPrecision
{
    /// <summary>fp32 throughout.</summary>
    public static TrainingPrecision Float32 { get; } = new Single();

    /// <summary>Computes a batch's loss, as <see cref="ITrainingTask.Loss"/> defines it.</summary>
    public abstract Tensor Loss(ITrainingTask task, Tensor images, Tensor targets);

    private sealed class Single : TrainingPrecision
    {
        public override Tensor Loss(ITrainingTask task, Tensor images, Tensor targets) => task.Loss(images, targets);
    }
}
