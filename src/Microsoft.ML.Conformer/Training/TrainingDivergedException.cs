namespace Microsoft.ML.Conformer;

/// <summary>Training ended because its loss, or what it was validated by, is no longer a finite number.</summary>
public sealed class TrainingDivergedException : InvalidOperationException
{
    internal TrainingDivergedException(string message, int epoch, int step, double learningRate) : base(message) =>
        (Epoch, Step, LearningRate) = (epoch, step, learningRate);

    /// <summary>The epoch, from 1.</summary>
    public int Epoch { get; }

    /// <summary>The step in the epoch, from 1.</summary>
    public int Step { get; }

    /// <summary>The learning rate of the step.</summary>
    public double LearningRate { get; }
}
