using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>Saves and restores the state of one run.</summary>
/// <param name="folder">Where.</param>
/// <param name="run">What a run that goes on must share with the one that began, by names that a user understands.</param>
/// <param name="warn">Told of damaged checkpoints and of where the run goes on.</param>
internal sealed class RunCheckpoints(CheckpointFolder folder, IReadOnlyDictionary<string, string> run, Action<string> warn)
{
    private long _saved = -1;

    public bool IsDue(long steps) => folder.IsDue(steps);

    /// <summary>Writes the state down, unless that of this step was already.</summary>
    public void Save(TrainingState state, TrainingTensors tensors)
    {
        if (state.Steps == 0 || (state.Steps, state.Epoch) is var now && now.Steps == _saved && state.Step != 0)
            return;
        using var scope = NewDisposeScope();
        folder.Save(state.Steps, run, state, tensors.All());
        _saved = state.Steps;
    }

    /// <summary>Gives the tensors their values in the newest checkpoint and returns its state, or null where there is none.</summary>
    public TrainingState? Load(TrainingTensors tensors)
    {
        using var saved = folder.Load<TrainingState>(run, warn);
        if (saved is null)
            return null;
        tensors.CopyFrom(saved.Tensors);
        return saved.State;
    }
}
