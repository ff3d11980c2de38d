namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>
/// Finds the weights in a PyTorch file: a state dict itself, or a training checkpoint that has one or several under known keys. Of a
/// checkpoint nothing else is looked at but the classes' names.
/// </summary>
internal static class StateDict
{
    /// <summary>
    /// mmengine's EMAHook exchanges the two before it saves: 'state_dict' is the average, and this has the plain weights, beside the number
    /// of its steps.
    /// </summary>
    private const string MmengineAverage = "ema_state_dict", MmengineSteps = "steps";

    // In order of preference. The official main.py, DeiT and torchvision write 'model' and 'model_ema'; timm 'state_dict' and
    // 'state_dict_ema'; mmpretrain, mmengine and Lightning 'state_dict'.
    private static readonly string[] _plain = ["model", "state_dict", "model_state_dict"];
    private static readonly string[] _averages = ["model_ema", "state_dict_ema", MmengineAverage, "model_ema_state_dict", "ema"];

    /// <summary>
    /// The state dict's tensors in order, their bounds checked against their storages; where the file has a choice of weights, which these
    /// are, as a sentence; and the classes' names, where mmdetection or mmclassification wrote them, in meta.
    /// </summary>
    /// <param name="fileName">The file, for errors.</param>
    /// <param name="content">What its pickle holds.</param>
    /// <param name="average">Whether a moving average is taken where there are plain weights too.</param>
    public static (IReadOnlyList<CheckpointTensor> Tensors, string? Note, IReadOnlyList<string>? ClassNames) Read(
        string fileName, (object? Value, IStorageContainer Storages) content, bool average)
    {
        var (dictionary, note) = Find(fileName, content.Value, average);
        ForeignValues.RefuseInside(fileName, dictionary);
        var items = dictionary.Items;
        if (items.Count == 0)
            throw new CheckpointFormatException(fileName, "its state dict is empty.");
        if (items.Count > CheckpointLimits.MaxTensors)
            throw new CheckpointFormatException(
                fileName, $"its state dict has {items.Count} entries; at most {CheckpointLimits.MaxTensors} are read.");
        return (
            [.. items.Select(item => Tensor(fileName, item.Key, item.Value, content.Storages))], note, ClassesOf(content.Value));
    }

    /// <summary>What to say where a moving average was asked for, and there is none.</summary>
    public static string? NoAverage(bool isAskedFor) => isAskedFor ? "There is no moving average; the weights are the plain ones." : null;

    private static IReadOnlyList<string>? ClassesOf(object? file)
    {
        // mmdetection's versions have them in different places.
        var meta = ValueOf(file, "meta");
        var data = ValueOf(meta, "dataset_meta");
        var found = (ValueOf(meta, "CLASSES") ?? ValueOf(data, "classes") ?? ValueOf(data, "CLASSES")) switch
        {
            PickledTuple tuple => tuple.Items,
            PickledList list => list.Items,
            _ => [],
        };
        return found.Count > 0 && found.All(name => name is string) ? [.. found.Cast<string>()] : null;

        static object? ValueOf(object? value, string key) =>
            value is PickledDictionary dictionary && dictionary.TryGet(key, out var inner) ? inner : null;
    }

    private static (PickledDictionary StateDict, string? Note) Find(string fileName, object? value, bool average)
    {
        ForeignValues.RefuseIfForeign(fileName, value);
        if (value is not PickledDictionary file)
            throw new CheckpointFormatException(fileName, value is PickledTensor
                ? "it holds a bare tensor, not a state dict of named ones."
                : "it holds no state dict. Save the weights with torch.save(model.state_dict(), path).");
        return (Under(file, _plain), Under(file, _averages)) switch
        {
            (null, null) => (file, NoAverage(average)),
            ({ } plain, null) => (plain.StateDict, NoAverage(average)),
            (null, { } only) => (only.StateDict, $"The weights are the moving average under '{only.Key}'; there are no others."),
            ({ } plain, (MmengineAverage, var exchanged)) when exchanged.TryGet(MmengineSteps, out _) =>
                (plain.StateDict, $"The weights are those under '{plain.Key}', which mmengine's EMAHook made the moving average."),
            ({ } plain, { } averaged) => average
                ? (averaged.StateDict, $"The weights are the moving average under '{averaged.Key}'.")
                : (plain.StateDict, $"The weights are those under '{plain.Key}'; there is a moving average too, under '{averaged.Key}'."),
        };
    }

    private static (string Key, PickledDictionary StateDict)? Under(PickledDictionary file, string[] keys)
    {
        foreach (var key in keys)
            if (file.TryGet(key, out var value) && value is PickledDictionary found)
                // RT-DETR puts the average beside its settings.
                return found.TryGet("module", out var inner) && inner is PickledDictionary module ? ($"{key}.module", module) : (key, found);
        return null;
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
