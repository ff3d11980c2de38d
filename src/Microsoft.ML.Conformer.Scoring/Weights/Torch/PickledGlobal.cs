using System.Collections.Frozen;

namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>
/// What is done with a global: called with a storage or a tensor it gives a tensor, it names a storage's type, or without arguments it
/// gives an empty dictionary. All others are foreign: whatever a pickle makes with them is a <see cref="PickledObject"/>.
/// </summary>
internal enum PickledGlobalKind { RebuildTensor, RebuildParameter, Storage, Dictionary, Foreign }

/// <summary>
/// A global that a pickle names. Nothing is ever looked up by such a name: it selects one of the kinds above, and a name that is not
/// in this table is foreign. A storage has the type of its elements.
/// </summary>
internal sealed record PickledGlobal(string Module, string Name, PickledGlobalKind Kind, ElementType? Elements = null)
{
    private static readonly FrozenDictionary<(string Module, string Name), PickledGlobal> _known = Known().ToFrozenDictionary(
        global => (global.Module, global.Name));

    public static PickledGlobal Of(string module, string name) =>
        _known.GetValueOrDefault((module, name)) ?? new(module, name, PickledGlobalKind.Foreign);

    public override string ToString() => $"{Module}.{Name}";

    private static IEnumerable<PickledGlobal> Known()
    {
        yield return new("torch._utils", "_rebuild_tensor_v2", PickledGlobalKind.RebuildTensor);
        yield return new("torch._utils", "_rebuild_tensor", PickledGlobalKind.RebuildTensor);
        yield return new("torch._utils", "_rebuild_parameter", PickledGlobalKind.RebuildParameter);
        yield return new("torch._utils", "_rebuild_parameter_with_state", PickledGlobalKind.RebuildParameter);
        yield return new("collections", "OrderedDict", PickledGlobalKind.Dictionary);

        foreach (var (name, elements) in StorageTypes())
        {
            yield return new("torch", name, PickledGlobalKind.Storage, elements);
            yield return new("torch.cuda", name, PickledGlobalKind.Storage, elements);
        }
    }

    private static IEnumerable<(string Name, ElementType Elements)> StorageTypes() =>
    [
        ("FloatStorage", ElementType.Float32),
        ("DoubleStorage", ElementType.Float64),
        ("HalfStorage", ElementType.Float16),
        ("BFloat16Storage", ElementType.BFloat16),
        ("LongStorage", ElementType.Int64),
        ("IntStorage", ElementType.Int32),
        ("ShortStorage", ElementType.Int16),
        ("CharStorage", ElementType.Int8),
        ("ByteStorage", ElementType.UInt8),
        ("BoolStorage", ElementType.Boolean),
        ("ComplexFloatStorage", ElementType.Unreadable("complex64", 8)),
        ("ComplexDoubleStorage", ElementType.Unreadable("complex128", 16)),
        ("QInt8Storage", ElementType.Unreadable("qint8", 1)),
        ("QUInt8Storage", ElementType.Unreadable("quint8", 1)),
        ("QInt32Storage", ElementType.Unreadable("qint32", 4)),
    ];
}
