namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>Finds the weights in a PyTorch file: a state dict itself, or a training checkpoint that has one under a known key.</summary>
internal static class StateDict
{
    // In order of preference. The official main.py and DeiT write 'model' (beside 'model_ema', whose weights differ), mmpretrain
    // 'state_dict'; an average is taken only where there is nothing else.
    private static readonly string[] _wrappers = ["model", "state_dict", "model_state_dict", "model_ema"];

    /// <summary>The state dict's tensors in order, their bounds checked against their storages.</summary>
    public static IReadOnlyList<CheckpointTensor> Tensors(string fileName, (object? Value, IStorageContainer Storages) content)
    {
        var items = Find(fileName, content.Value).Items;
        if (items.Count == 0)
            throw new CheckpointFormatException(fileName, "its state dict is empty.");
        if (items.Count > CheckpointLimits.MaxTensors)
            throw new CheckpointFormatException(
                fileName, $"its state dict has {items.Count} entries; at most {CheckpointLimits.MaxTensors} are read.");
        return [.. items.Select(item => Tensor(fileName, item.Key, item.Value, content.Storages))];
    }

    private static PickledDictionary Find(string fileName, object? value)
    {
        if (value is not PickledDictionary dictionary)
            throw new CheckpointFormatException(fileName, value is PickledTensor
                ? "it holds a bare tensor, not a state dict of named ones."
                : "it holds no state dict. Save the weights with torch.save(model.state_dict(), path).");
        foreach (var key in _wrappers)
            if (dictionary.TryGet(key, out var inner) && inner is PickledDictionary wrapped)
                return wrapped;
        return dictionary;
    }

    private static CheckpointTensor Tensor(string fileName, object? key, object? value, IStorageContainer storages)
    {
        if (key is not string name)
            throw new CheckpointFormatException(fileName, "a key of its state dict is not a text.");
        CheckpointFormatException Fault(string reason) => new(fileName, reason, name);

        if (name.Length > CheckpointLimits.MaxNameLength)
            throw Fault($"the name has {name.Length} characters; at most {CheckpointLimits.MaxNameLength} are read.");
        if (value is not PickledTensor { Storage: var storage, Offset: var offset } tensor)
            throw Fault("its value is not a tensor; a state dict has tensors only. Save model.state_dict().");
        if (!storage.Type.IsReadable)
            throw Fault($"its type is {storage.Type}; only real floating-point and integer tensors are read.");
        var (size, stride) = (Integers(tensor.Size), Integers(tensor.Stride));
        // A view of a part of a storage counts from the part's start; both are below 2^62 once they fit the storage.
        if (offset < 0 || offset > storage.Count)
            throw Fault($"its offset {offset} leaves its storage of {storage.Count} elements.");
        return CheckpointTensor.Strided(fileName, name, storage.Type, storages.Find(storage, name), size, stride, storage.First + offset);

        long[] Integers(PickledTuple tuple) => tuple.Items.Length > CheckpointLimits.MaxDimensions
            ? throw Fault($"it has {tuple.Items.Length} dimensions; at most {CheckpointLimits.MaxDimensions} are read.")
            : [.. tuple.Items.Select(item => item as long? ?? throw Fault("its sizes and strides are not all integers below 2^63."))];
    }
}

internal interface IStorageContainer
{
    /// <summary>The bytes of a storage that the pickle names; all of them, even if it views a part only.</summary>
    TensorStorage Find(PickledStorage storage, string tensor);
}
