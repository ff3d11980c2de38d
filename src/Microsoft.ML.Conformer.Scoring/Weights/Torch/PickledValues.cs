namespace Microsoft.ML.Conformer.Weights.Torch;

// What a pickle is made of here: inert data. Text is string, numbers are bool, long, BigInteger or double, bytes byte[], None is null.

/// <summary>A dictionary or OrderedDict, in insertion order; keys are not compared.</summary>
internal sealed class PickledDictionary
{
    private readonly List<KeyValuePair<object?, object?>> _items = [];

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => _items;

    /// <summary>What its attributes were set from, such as a state dict's _metadata; null where none were.</summary>
    public object? State { get; set; }

    public void Add(object? key, object? value) => _items.Add(new(key, value));

    /// <summary>The value under a text key; where the key came several times, the last one, as in Python.</summary>
    public bool TryGet(string key, out object? value)
    {
        var last = _items.FindLastIndex(item => item.Key is string text && text == key);
        value = last < 0 ? null : _items[last].Value;
        return last >= 0;
    }
}

/// <summary>A list or set.</summary>
internal sealed class PickledList
{
    private readonly List<object?> _items = [];

    public IReadOnlyList<object?> Items => _items;

    public void AddRange(object?[] values) => _items.AddRange(values);
}

internal sealed record PickledTuple(object?[] Items)
{
    public static readonly PickledTuple Empty = new([]);
}

/// <summary>
/// The place of an object that was never made, because the foreign global that makes it is never looked up or called. What would have
/// been its state (its attributes) is kept, and nothing is done with it.
/// </summary>
internal sealed record PickledObject(PickledGlobal Type)
{
    public object? State { get; set; }
}

/// <summary>A storage by its key: <see cref="Count"/> elements from <see cref="First"/> on, in a legacy file maybe a part of it.</summary>
internal sealed record PickledStorage(ElementType Type, string Key, long TotalCount, long First, long Count);

/// <summary>
/// What torch._utils._rebuild_tensor_v2 is asked for; not checked yet, since the tensor has no name yet. Arguments are all that it was
/// given,
/// hooks included.
/// </summary>
internal sealed record PickledTensor(
    PickledStorage Storage, long Offset, PickledTuple Size, PickledTuple Stride, PickledTuple Arguments);
