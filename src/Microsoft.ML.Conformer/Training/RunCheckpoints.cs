using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>Saves and restores the state of one run.</summary>
/// <param name="folder">Where.</param>
/// <param name="run">What a run that goes on must share with the one that began, by names that a user understands.</param>
/// <param name="warn">Told of damaged checkpoints and of where the run goes on.</param>
internal sealed class RunCheckpoints(CheckpointFolder folder, IReadOnlyDictionary<string, string> run, Action<string> warn)
{
    private long _saved;

    public bool IsDue(long steps) => folder.IsDue(steps);

    /// <summary>Writes the state down, unless one was after the same step: what follows from that one follows from this.</summary>
    public void Save(TrainingState state, TrainingTensors tensors)
    {
        if (state.Steps == _saved)
            return;
        using var scope = NewDisposeScope();
        folder.Save(state.Steps, run, state, tensors.All());
        _saved = state.Steps;
    }

    /// <summary>Gives the tensors their values in the newest checkpoint and returns its state, or null where there is none.</summary>
    /// <param name="tensors">Take the values.</param>
    /// <param name="ranks">The ranks that go on together.</param>
    /// <param name="batchCount">Their steps in an epoch.</param>
    public TrainingState? Load(TrainingTensors tensors, int ranks, int batchCount)
    {
        using var saved = folder.Load<TrainingState>(run, warn, state => state.For(ranks, batchCount).Fault(batchCount));
        if (saved is null)
            return null;
        tensors.CopyFrom(saved.Tensors);
        _saved = saved.Steps;
        return saved.State;
    }
}
