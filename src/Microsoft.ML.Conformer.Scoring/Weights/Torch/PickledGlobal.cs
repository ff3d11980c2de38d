using System.Collections.Frozen;

namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>
/// What a pickle may do with an allowed global: call it with a storage or a tensor to get a tensor, name a storage's type, make an
/// empty dictionary without arguments, or call or construct a <see cref="PickledObject"/> that nothing is done with.
/// </summary>
internal enum PickledGlobalKind { RebuildTensor, RebuildParameter, Storage, Dictionary, Inert }

/// <summary>
/// A global that a pickle may name. Nothing is ever looked up by such a name: it selects one of the kinds above, and a name that is not
/// in this table ends the reading. A storage has the type of its elements.
/// </summary>
internal sealed record PickledGlobal(string Module, string Name, PickledGlobalKind Kind, ElementType? Elements = null)
{
    private static readonly FrozenDictionary<(string Module, string Name), PickledGlobal> _allowed = Allowed().ToFrozenDictionary(
        global => (global.Module, global.Name));

    public static PickledGlobal? Find(string module, string name) => _allowed.GetValueOrDefault((module, name));

    public override string ToString() => $"{Module}.{Name}";

    private static IEnumerable<PickledGlobal> Allowed()
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

        // What training checkpoints hold beside the weights: arguments, optimizer and scheduler state, metrics.
        yield return new("argparse", "Namespace", PickledGlobalKind.Inert);
        yield return new("collections", "Counter", PickledGlobalKind.Inert);
        yield return new("torch", "Size", PickledGlobalKind.Inert);
        yield return new("torch", "device", PickledGlobalKind.Inert);
        yield return new("pathlib", "PosixPath", PickledGlobalKind.Inert);
        yield return new("pathlib", "WindowsPath", PickledGlobalKind.Inert);
        yield return new("numpy", "dtype", PickledGlobalKind.Inert);
        yield return new("numpy.core.multiarray", "scalar", PickledGlobalKind.Inert);
        yield return new("numpy._core.multiarray", "scalar", PickledGlobalKind.Inert);
        yield return new("_codecs", "encode", PickledGlobalKind.Inert);
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
