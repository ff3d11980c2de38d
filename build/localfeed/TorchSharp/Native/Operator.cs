using System.Runtime.CompilerServices;
using System.Text;

namespace TorchSharp.Native;

/// <summary>An operator of libtorch, named as in its schema, for example <c>add.Tensor</c>. It is looked up on its first call.</summary>
internal sealed unsafe class Operator(string name)
{
    private nint _handle;

    /// <summary>Whether this libtorch has the operator.</summary>
    public bool Exists => _handle != 0 || TryResolve();

    /// <summary>Calls an operator that returns one tensor. Arguments left out at the end take the schema's defaults.</summary>
    public torch.Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        NativeArgument result;
        Invoke(arguments, &result, 1);
        return new torch.Tensor((nint)result.Bits);
    }

    /// <summary>Calls an operator for its effect on its arguments and drops what it returns.</summary>
    public void Run(params ReadOnlySpan<Argument> arguments) => Invoke(arguments, null, 0);

    /// <summary>Calls an operator that returns two tensors.</summary>
    public (torch.Tensor First, torch.Tensor Second) CallPair(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc NativeArgument[2];
        Invoke(arguments, results, 2);
        return (new torch.Tensor((nint)results[0].Bits), new torch.Tensor((nint)results[1].Bits));
    }

    /// <summary>Calls an operator that returns a list of at most <paramref name="bound"/> tensors.</summary>
    public torch.Tensor[] CallList(long bound, params ReadOnlySpan<Argument> arguments)
    {
        var results = new NativeArgument[Math.Max(bound, 1)];
        long count;
        fixed (NativeArgument* first = results)
            count = Invoke(arguments, first, results.Length);
        var tensors = new torch.Tensor[count];
        for (var i = 0; i < count; i++)
            tensors[i] = new torch.Tensor((nint)results[i].Bits);
        return tensors;
    }

    /// <summary>Calls an operator that returns a number or a truth value.</summary>
    public NativeArgument CallValue(params ReadOnlySpan<Argument> arguments)
    {
        NativeArgument result;
        Invoke(arguments, &result, 1);
        return result;
    }

    private long Invoke(ReadOnlySpan<Argument> arguments, NativeArgument* results, int capacity)
    {
        if (_handle == 0 && !TryResolve())
            Boxed.ThrowLastError();
        var native = stackalloc NativeArgument[arguments.Length];
        var buffers = new Buffers(stackalloc long[32]);
        for (var i = 0; i < arguments.Length; i++)
            native[i] = Convert(arguments[i], ref buffers);
        var count = Boxed.Call(_handle, native, arguments.Length, results, capacity);
        // The handles above are only numbers to the garbage collector: their owners must outlive the call.
        foreach (ref readonly var argument in arguments)
            GC.KeepAlive(argument.Reference);
        buffers.Release();
        if (count < 0)
            Boxed.ThrowLastError();
        return count;
    }

    private static NativeArgument Convert(in Argument argument, ref Buffers buffers) => argument.Kind switch
    {
        ArgumentKind.IntList => buffers.Copy((long[])argument.Reference!, argument.Kind),
        ArgumentKind.DoubleList =>
            buffers.Copy(Array.ConvertAll((double[])argument.Reference!, BitConverter.DoubleToInt64Bits), argument.Kind),
        ArgumentKind.TensorList or ArgumentKind.OptionalTensorList =>
            buffers.Copy(Array.ConvertAll((torch.Tensor?[])argument.Reference!, t => t is null ? 0L : t.Handle), argument.Kind),
        ArgumentKind.String => buffers.CopyText((string)argument.Reference!),
        ArgumentKind.Device => new() { Kind = argument.Kind, Bits = (int)argument.Bits, Length = (int)(argument.Bits >> 32) },
        var kind => new() { Kind = kind, Bits = argument.Bits },
    };

    private bool TryResolve()
    {
        var dot = name.IndexOf('.');
        var (schema, overload) = dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
        return (_handle = Boxed.Find("aten::" + schema, overload)) != 0;
    }

    /// <summary>Memory for the list arguments of one call: the caller's stack first, pinned arrays beyond it.</summary>
    private ref struct Buffers(Span<long> stack)
    {
        private Span<long> _free = stack;
        private List<long[]>? _pinned;

        public NativeArgument Copy(ReadOnlySpan<long> values, ArgumentKind kind)
        {
            if (values.Length > _free.Length)
            {
                var array = GC.AllocateUninitializedArray<long>(values.Length, pinned: true);
                (_pinned ??= []).Add(array);
                values.CopyTo(array);
                return new() { Kind = kind, Length = values.Length, Bits = (nint)Unsafe.AsPointer(ref array[0]) };
            }
            var target = _free;
            values.CopyTo(target);
            _free = _free[values.Length..];
            return new()
            {
                Kind = kind,
                Length = values.Length,
                Bits = values.Length == 0 ? 0 : (nint)Unsafe.AsPointer(ref target[0]),
            };
        }

        public NativeArgument CopyText(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            var words = new long[bytes.Length / sizeof(long) + 1];
            Buffer.BlockCopy(bytes, 0, words, 0, bytes.Length);
            return Copy(words, ArgumentKind.String) with { Length = bytes.Length };
        }

        /// <summary>Ends the use of the buffers; until here the pinned arrays are kept alive.</summary>
        public readonly void Release() => GC.KeepAlive(_pinned);
    }
}
