namespace Microsoft.ML.Conformer;

/// <summary>Whether several processes train one network together.</summary>
public enum DistributedTraining
{
    /// <summary>All processes that Open MPI's mpirun started; alone where it started none or one.</summary>
    Auto,

    /// <summary>Alone in any case.</summary>
    Off,
}
