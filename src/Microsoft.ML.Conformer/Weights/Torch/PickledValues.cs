namespace Microsoft.ML.Conformer.Weights.Torch;

// What a pickle is made of here: inert data. Text is string, numbers are bool, long, BigInteger or double, bytes byte[], None is null.

/// <summary>A dictionary or OrderedDict, in insertion order; keys are not compared.</summary>
internal sealed class PickledDictionary
{
    private List<KeyValuePair<object?, object?>>? _items;

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => _items ?? (IReadOnlyList<KeyValuePair<object?, object?>>)[];

    public void Add(object? key, object? value) => (_items ??= []).Add(new(key, value));

    /// <summary>The value under a text key; where the key came several times, the last one, as in Python.</summary>
    public bool TryGet(string key, out object? value)
    {
        for (var i = Items.Count - 1; i >= 0; i--)
            if (Items[i].Key is string text && text == key)
            {
                value = Items[i].Value;
                return true;
            }
        value = null;
        return false;
    }
}

/// <summary>A list or set.</summary>
internal sealed class PickledList
{
    private List<object?>? _items;

    public IReadOnlyList<object?> Items => _items ?? (IReadOnlyList<object?>)[];

    public void Add(object? value) => (_items ??= []).Add(value);
}

/// <summary>A tuple.</summary>
internal sealed record PickledTuple(object?[] Items)
{
    public static readonly PickledTuple Empty = new([]);
}

/// <summary>
/// An object of an allowed class, never built: what would have been given to its constructor, and its state (its attributes).
/// </summary>
internal sealed class PickledObject(PickledGlobal type, PickledTuple arguments)
{
    public PickledGlobal Type { get; } = type;

    public PickledTuple Arguments { get; } = arguments;

    public object? State { get; set; }
}

/// <summary>
/// A storage by its key in the container: <see cref="Count"/> elements from <see cref="First"/> on, which a legacy file may use to name a
/// part of a storage.
/// </summary>
internal sealed record PickledStorage(ElementType Type, string Key, long TotalCount, long First, long Count);

/// <summary>
/// The arguments of torch._utils._rebuild_tensor_v2; sizes and strides are not checked yet, since the tensor has no name yet.
/// </summary>
internal sealed record PickledTensor(PickledStorage Storage, long Offset, PickledTuple Size, PickledTuple Stride);
