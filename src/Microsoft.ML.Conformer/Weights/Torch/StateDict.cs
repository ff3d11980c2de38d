namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>
/// Finds the weights in what a PyTorch file holds: a state dict itself, or a training checkpoint that has one under a well-known key.
/// </summary>
internal static class StateDict
{
    // In order of preference. The official main.py and DeiT write 'model' (beside 'model_ema', whose weights differ), mmpretrain
    // 'state_dict'; an average is taken only where there is nothing else.
    private static readonly string[] _wrappers = ["model", "state_dict", "model_state_dict", "model_ema"];

    /// <summary>The state dict's tensors in order, their bounds checked against their storages.</summary>
    /// <exception cref="CheckpointFormatException">There is no state dict, or one of its values is not a sound tensor.</exception>
    public static IReadOnlyList<CheckpointTensor> Tensors(string fileName, object? value, IStorageContainer storages)
    {
        var items = Find(fileName, value).Items;
        if (items.Count == 0)
            throw new CheckpointFormatException(fileName, "its state dict is empty.");
        if (items.Count > CheckpointLimits.MaxTensors)
            throw new CheckpointFormatException(
                fileName, $"its state dict has {items.Count} entries; at most {CheckpointLimits.MaxTensors} are read.");

        var tensors = new List<CheckpointTensor>(items.Count);
        foreach (var (key, item) in items)
        {
            if (key is not string name)
                throw new CheckpointFormatException(fileName, "a key of its state dict is not a text.");
            if (name.Length > CheckpointLimits.MaxNameLength)
                throw new CheckpointFormatException(
                    fileName, $"the name has {name.Length} characters; at most {CheckpointLimits.MaxNameLength} are read.", name);
            if (item is not PickledTensor tensor)
                throw new CheckpointFormatException(
                    fileName, "its value is not a tensor; a state dict has tensors only. Save model.state_dict().", name);
            tensors.Add(Tensor(fileName, name, tensor, storages));
        }
        return tensors;
    }

    private static PickledDictionary Find(string fileName, object? value)
    {
        switch (value)
        {
            case PickledDictionary dictionary:
                foreach (var key in _wrappers)
                    if (dictionary.TryGet(key, out var inner) && inner is PickledDictionary wrapped)
                        return wrapped;
                return dictionary;
            case PickledTensor:
                throw new CheckpointFormatException(fileName, "it holds a bare tensor, not a state dict of named ones.");
            default:
                throw new CheckpointFormatException(
                    fileName, "it holds no state dict. Save the weights with torch.save(model.state_dict(), path).");
        }
    }

    private static CheckpointTensor Tensor(string fileName, string name, PickledTensor tensor, IStorageContainer storages)
    {
        var (storage, offset) = (tensor.Storage, tensor.Offset);
        if (!storage.Type.IsReadable)
            throw new CheckpointFormatException(
                fileName, $"its type is {storage.Type}; only real floating-point and integer tensors are read.", name);
        var (size, stride) = (Integers(fileName, name, tensor.Size), Integers(fileName, name, tensor.Stride));
        // A view of a part of a storage counts from the part's start; both are below 2^62 once they fit the storage.
        if (offset < 0 || offset > storage.Count)
            throw new CheckpointFormatException(fileName, $"its offset {offset} leaves its storage of {storage.Count} elements.", name);
        return CheckpointTensor.Strided(fileName, name, storage.Type, storages.Find(storage, name), size, stride, storage.First + offset);
    }

    private static long[] Integers(string fileName, string name, PickledTuple tuple)
    {
        if (tuple.Items.Length > CheckpointLimits.MaxDimensions)
            throw new CheckpointFormatException(
                fileName, $"it has {tuple.Items.Length} dimensions; at most {CheckpointLimits.MaxDimensions} are read.", name);
        var values = new long[tuple.Items.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = tuple.Items[i] is long value
                ? value
                : throw new CheckpointFormatException(fileName, "its sizes and strides are not all integers below 2^63.", name);
        return values;
    }
}
