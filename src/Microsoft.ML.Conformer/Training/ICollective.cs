using TorchSharp.Modules;

namespace Microsoft.ML.Conformer.Training;

/// <summary>The processes that train one network together, each on batches of its own.</summary>
internal interface ICollective
{
    /// <summary>Replaces each parameter's gradient by its mean over the processes; waits for all of them.</summary>
    void AverageGradients(IReadOnlyList<Parameter> parameters);
}

/// <summary>This process alone.</summary>
internal sealed class Alone : ICollective
{
    /// <summary>Leaves the gradients as they are.</summary>
    public void AverageGradients(IReadOnlyList<Parameter> parameters)
    {
    }
}
