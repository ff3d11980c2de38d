using System.Numerics;
using System.Text;

namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>
/// A machine for the opcodes that PyTorch's pickles consist of (protocols 2 to 5). It builds inert values only: no code of the pickle's
/// choosing runs, nothing is imported, and what a global outside <see cref="PickledGlobal"/>'s table would make is a placeholder. No step
/// recurses, so nesting costs no call stack.
/// </summary>
internal sealed class PickleReader
{
    private const string StorageTag = "storage";

    /// <summary>A parameter's tensor is the most that is nested in a state dict: one callable within another.</summary>
    private const int MaxNestedCallables = 2;

    private static readonly object _true = true, _false = false;

    private readonly PickleInput _input;
    private readonly Dictionary<string, PickledStorage> _storages;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];

    // The pickle chooses the numbers, and those that fall into one bucket would make a search of each look-up: hence a seeded hash.
    private readonly Dictionary<uint, object?> _memo = new(EqualityComparer<uint>.Create((a, b) => a == b, HashCode.Combine));

    private PickleReader(PickleInput input, Dictionary<string, PickledStorage> storages) => (_input, _storages) = (input, storages);

    /// <summary>Reads one pickle, up to and including its STOP; <paramref name="storages"/> takes every storage that it names.</summary>
    public static object? Read(PickleInput input, Dictionary<string, PickledStorage> storages) => new PickleReader(input, storages).Run();

    private object? Run()
    {
        for (var operations = 0; ; operations++)
        {
            if (operations == CheckpointLimits.MaxPickleOperations)
                throw _input.Fault($"it has more than {CheckpointLimits.MaxPickleOperations} opcodes");
            var at = _input.Position;
            var opcode = (PickleOpcode)_input.ReadByte();
            if (opcode == PickleOpcode.Stop)
                return _stack.Count == 1 && _marks.Count == 0
                    ? _stack[0]
                    : throw _input.Fault($"STOP at byte {at} leaves {_stack.Count} values");
            Execute(opcode, at);
        }
    }

    private void Execute(PickleOpcode opcode, long at)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                if (_input.ReadByte() is > 5 and var protocol)
                    throw _input.Fault($"it has protocol {protocol}; protocols up to 5 are known");
                break;
            case PickleOpcode.Frame: _input.ExpectBytes(_input.ReadUInt64()); break; // a hint for buffering only

            case PickleOpcode.None: Push(null); break;
            case PickleOpcode.NewTrue: Push(_true); break;
            case PickleOpcode.NewFalse: Push(_false); break;
            case PickleOpcode.BinInt: Push((long)_input.ReadInt32()); break;
            case PickleOpcode.BinInt1: Push((long)_input.ReadByte()); break;
            case PickleOpcode.BinInt2: Push((long)_input.ReadUInt16()); break;
            case PickleOpcode.Long1: Push(ReadInteger(_input.ReadByte())); break;
            case PickleOpcode.Long4: Push(ReadInteger(_input.ReadInt32())); break;
            case PickleOpcode.BinFloat: Push(_input.ReadDoubleBigEndian()); break;
            case PickleOpcode.ShortBinUnicode: Push(_input.ReadUtf8(_input.ReadByte())); break;
            case PickleOpcode.BinUnicode: Push(_input.ReadUtf8(_input.ReadUInt32())); break;
            case PickleOpcode.BinUnicode8: Push(_input.ReadUtf8(_input.ReadUInt64())); break;
            // Python 2 wrote its text so; keys are ASCII.
            case PickleOpcode.ShortBinString: Push(Encoding.Latin1.GetString(_input.ReadBytes(_input.ReadByte()))); break;
            case PickleOpcode.BinString: Push(Encoding.Latin1.GetString(_input.ReadBytes(_input.ReadUInt32()))); break;
            case PickleOpcode.ShortBinBytes: Push(_input.ReadBytes(_input.ReadByte())); break;
            case PickleOpcode.BinBytes: Push(_input.ReadBytes(_input.ReadUInt32())); break;
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8: Push(_input.ReadBytes(_input.ReadUInt64())); break;

            case PickleOpcode.EmptyTuple: Push(PickledTuple.Empty); break;
            case PickleOpcode.Tuple1: Push(new PickledTuple(Pop(1, at))); break;
            case PickleOpcode.Tuple2: Push(new PickledTuple(Pop(2, at))); break;
            case PickleOpcode.Tuple3: Push(new PickledTuple(Pop(3, at))); break;
            case PickleOpcode.Tuple: Push(new PickledTuple(PopToMark(at))); break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet: Push(new PickledList()); break;
            case PickleOpcode.FrozenSet: Push(new PickledTuple(PopToMark(at))); break;
            case PickleOpcode.Append: AddItems(Pop(1, at), at); break;
            case PickleOpcode.Appends or PickleOpcode.AddItems: AddItems(PopToMark(at), at); break;
            case PickleOpcode.EmptyDict: Push(new PickledDictionary()); break;
            case PickleOpcode.SetItem: SetItems(Pop(2, at), at); break;
            case PickleOpcode.SetItems: SetItems(PopToMark(at), at); break;

            case PickleOpcode.Mark: _marks.Add(_stack.Count); break;
            case PickleOpcode.BinPut: _memo[_input.ReadByte()] = Peek(at); break;
            case PickleOpcode.LongBinPut: _memo[_input.ReadUInt32()] = Peek(at); break;
            case PickleOpcode.Memoize: _memo[(uint)_memo.Count] = Peek(at); break;
            case PickleOpcode.BinGet: Push(Recall(_input.ReadByte(), at)); break;
            case PickleOpcode.LongBinGet: Push(Recall(_input.ReadUInt32(), at)); break;

            case PickleOpcode.Global: Push(PickledGlobal.Of(_input.ReadLine(), _input.ReadLine())); break;
            case PickleOpcode.StackGlobal: Push(StackGlobal(Pop(2, at), at)); break;
            case PickleOpcode.Inst: // names a class and constructs it; only protocol 0 has it
                throw Refusal(PickledGlobal.Of(_input.ReadLine(), _input.ReadLine()));
            case PickleOpcode.BinPersistentId: Push(Storage(Pop(1, at)[0], at)); break;
            case PickleOpcode.Reduce or PickleOpcode.NewObj: Push(Call(Pop(2, at), at)); break;
            case PickleOpcode.NewObjEx: Push(Call(Pop(3, at)[..2], at)); break; // the third are arguments by name
            case PickleOpcode.Build: Build(Pop(1, at)[0], at); break;
            default:
                // A call whose result is dropped leaves no trace in the value, which must not hide it.
                if (_stack.Count > 0 && ForeignValues.GlobalOf(_stack[^1]) is { } dropped)
                    throw Refusal(dropped);
                var name = Enum.IsDefined(opcode) ? $" ({opcode})" : "";
                throw Fault($"opcode 0x{(byte)opcode:x2}{name} at byte {at} does not occur in checkpoints");
        }
    }

    /// <summary>A fault of the tensor that is being built.</summary>
    private CheckpointFormatException Fault(string reason) => _input.Fault(reason, NearestKey());

    private void Push(object? value)
    {
        if (_stack.Count == CheckpointLimits.MaxPickleStack)
            throw _input.Fault($"more than {CheckpointLimits.MaxPickleStack} values are nested or in one tuple");
        _stack.Add(value);
    }

    private object? Peek(long at) => _stack.Count > Floor ? _stack[^1] : throw Underflow(at);

    /// <summary>The top <paramref name="count"/> values, the deepest first.</summary>
    private object?[] Pop(int count, long at)
    {
        if (_stack.Count - Floor < count)
            throw Underflow(at);
        var values = new object?[count];
        _stack.CopyTo(_stack.Count - count, values, 0, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopToMark(long at)
    {
        if (_marks.Count == 0)
            throw _input.Fault($"there is no mark for the opcode at byte {at}");
        var values = Pop(_stack.Count - Floor, at);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    /// <summary>Values below the last mark are out of reach until the mark is gone.</summary>
    private int Floor => _marks.Count == 0 ? 0 : _marks[^1];

    private CheckpointFormatException Underflow(long at) => _input.Fault($"the opcode at byte {at} finds too few values on the stack");

    private object ReadInteger(int length)
    {
        if (length is < 0 or > CheckpointLimits.MaxIntegerBytes)
            throw _input.Fault(
                $"an integer claims {length} bytes at byte {_input.Position}; at most {CheckpointLimits.MaxIntegerBytes} are read");
        var value = new BigInteger(_input.ReadBytes((ulong)length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private void AddItems(object?[] items, long at)
    {
        switch (Peek(at))
        {
            case PickledList list: list.AddRange(items); break;
            case PickledObject: break; // of a class of lists
            default: throw _input.Fault($"byte {at} adds to {Describe(Peek(at))} as if it were a list");
        }
    }

    private void SetItems(object?[] items, long at)
    {
        if (items.Length % 2 != 0)
            throw _input.Fault($"byte {at} adds a key without a value");
        switch (Peek(at))
        {
            case PickledDictionary dictionary:
                for (var i = 0; i < items.Length; i += 2)
                    dictionary.Add(items[i], items[i + 1]);
                break;
            case PickledObject: break; // of a class of dictionaries
            default: throw _input.Fault($"byte {at} adds to {Describe(Peek(at))} as if it were a dictionary");
        }
    }

    private object? Recall(uint index, long at) => _memo.TryGetValue(index, out var value)
        ? value
        : throw _input.Fault($"byte {at} refers to memo entry {index}, which was never stored");

    private PickledGlobal StackGlobal(object?[] names, long at) => names is [string module, string name]
        ? PickledGlobal.Of(module, name)
        : throw _input.Fault($"byte {at} takes {Describe(names[0])} and {Describe(names[1])} for the name of a global");

    private CheckpointFormatException Refusal(PickledGlobal global) => ForeignValues.Refusal(_input.FileName, global, NearestKey());

    /// <summary>A storage is the one thing that PyTorch keeps outside of the pickle; one of an unknown type is a placeholder.</summary>
    private object Storage(object? id, long at)
    {
        if (id is PickledTuple { Items: [StorageTag, PickledGlobal { Kind: PickledGlobalKind.Foreign } unknown, ..] })
            return new PickledObject(unknown);
        if (id is not PickledTuple tuple
            || tuple.Items is not [StorageTag, PickledGlobal { Elements: { } type }, string key, string, long count, .. var rest]
            || rest is not ([] or [null or PickledTuple]))
            throw Fault($"the persistent id before byte {at} is not a storage");
        if (key.Length > CheckpointLimits.MaxNameLength)
            throw Fault($"the storage key before byte {at} has {key.Length} characters");
        var (first, length) = (0L, count);
        if (rest is [PickledTuple view])
            (first, length) = view.Items is [string, long viewFirst, long viewCount]
                ? (viewFirst, viewCount)
                : throw Fault($"the storage view before byte {at} is not (key, offset, size)");
        if (count < 0 || first < 0 || length < 0 || first > count - length)
            throw Fault($"storage '{VisibleText.Of(key)}' of {count} elements is viewed from {first} for {length}");

        var storage = new PickledStorage(type, key, count, first, length);
        if (!_storages.TryAdd(key, storage) && (_storages[key].Type != type || _storages[key].TotalCount != count))
            throw Fault($"storage '{VisibleText.Of(key)}' is {_storages[key].TotalCount} x {_storages[key].Type} and {count} x {type}");
        return storage;
    }

    private object Call(object?[] call, long at)
    {
        if (ForeignValues.GlobalOf(call[0]) is { } foreign)
            return new PickledObject(foreign);
        if (call is not [PickledGlobal global, PickledTuple arguments])
            throw Fault($"byte {at} calls {Describe(call[0])} with {Describe(call[1])}");
        return global.Kind switch
        {
            PickledGlobalKind.RebuildTensor
                when arguments.Items is [PickledStorage storage, long offset, PickledTuple size, PickledTuple stride, ..] =>
                new PickledTensor(storage, offset, size, stride, arguments),
            PickledGlobalKind.RebuildParameter when arguments.Items is [PickledTensor tensor, ..] =>
                tensor with { Arguments = new([tensor.Arguments, arguments]) },
            PickledGlobalKind.Dictionary when arguments.Items is [] => new PickledDictionary(),
            // A tensor of a foreign storage is foreign too.
            _ when arguments.Items is [var first, ..] && ForeignValues.GlobalOf(first) is { } one => new PickledObject(one),
            _ => throw Fault($"byte {at} calls {global} with ({string.Join(", ", arguments.Items.Take(8).Select(Describe))})"),
        };
    }

    private void Build(object? state, long at)
    {
        switch (Peek(at))
        {
            case PickledObject target: target.State = state; break;
            case PickledDictionary { State: null } target: target.State = state; break;
            default: throw Fault($"byte {at} gives a state to {Describe(Peek(at))}");
        }
    }

    /// <summary>
    /// The name of the tensor that is being built, if the stack tells: a dictionary's key lies below its value, which is a callable, a
    /// mark and the arguments so far.
    /// </summary>
    private string? NearestKey()
    {
        if (_stack is [.., string key] && key != StorageTag)
            return key;
        for (var i = _marks.Count - 1; i >= 0; i--)
        {
            var (last, below) = (_marks[i] - 1, _marks[i] - 1);
            while (below >= 0 && last - below < MaxNestedCallables && _stack[below] is PickledGlobal)
                below--;
            if (below >= 0 && below < last && _stack[below] is string outer)
                return outer;
        }
        return null;
    }

    private static string Describe(object? value) => value switch
    {
        null => "None",
        string => "a text",
        bool => "a truth value",
        long or BigInteger or double => "a number",
        byte[] => "bytes",
        PickledTensor => "a tensor",
        PickledStorage => "a storage",
        PickledTuple => "a tuple",
        PickledList => "a list",
        PickledDictionary => "a dictionary",
        PickledGlobal global => VisibleText.Of(global.ToString()),
        PickledObject instance => $"an object of {VisibleText.Of(instance.Type.ToString())}",
        _ => "a value",
    };
}
