using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>
/// Where a run stands: what its remaining steps and its summary follow from, beside the settings and the images. Figures are held by value,
/// tensors by reference. The order and the augmentation of images need no place here, as they follow from the seed, the epoch and the
/// image; what the network drops at random is drawn from a generator of its own.
/// </summary>
internal sealed record TrainingState
{
    public required VisionNetwork Network { get; init; }
    public required AdamW Optimizer { get; init; }
    public required BestWeights BestWeights { get; init; }

    /// <summary>Sum of the losses of this epoch's steps so far, [1], on the network's device.</summary>
    public required Tensor LossSum { get; init; }

    /// <summary>Epochs done.</summary>
    public int Epoch { get; init; }

    /// <summary>Steps done in the epoch after those.</summary>
    public int Step { get; init; }

    public int Images { get; init; }

    /// <summary>Time from the beginning of the run to that of the epoch.</summary>
    public TimeSpan EpochStart { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>The epoch that validates best so far, from 1; 0 before the first validation.</summary>
    public int BestEpoch { get; init; }

    public Validation? Best { get; init; }

    /// <summary>Each epoch's, a fraction 0-1.</summary>
    public IReadOnlyList<double> ValidationAccuracies { get; init; } = [];

    /// <summary>Each epoch's training time for one image.</summary>
    public IReadOnlyList<TimeSpan> TimesPerImage { get; init; } = [];
}
