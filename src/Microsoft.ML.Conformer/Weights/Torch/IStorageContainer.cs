namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>Where a PyTorch file keeps its storages.</summary>
internal interface IStorageContainer
{
    /// <summary>The bytes of a storage that the pickle names; all of them, even if it views a part only.</summary>
    /// <exception cref="CheckpointFormatException">The file has no such storage, or it has another length.</exception>
    TensorStorage Find(PickledStorage storage, string tensor);
}
