using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Native;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>A tensor over the array's own memory, which stays pinned while the tensor lives; writes show on both sides.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    /// <inheritdoc cref="from_array(Array, Device)"/>
    public static Tensor from_array(
        Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        var elements = ElementType(rawArray);
        return Convert(Over(rawArray, Lengths(rawArray), elements, 0), dtype ?? elements, device, requires_grad, names);
    }

    /// <summary>A one-dimensional tensor over part of an array's memory.</summary>
    /// <param name="rawArray">The array; it stays pinned while the tensor lives.</param>
    /// <param name="dtype">How its bytes are to be read.</param>
    /// <param name="count">Elements; -1: all to the end.</param>
    /// <param name="offset">Bytes before the first element.</param>
    /// <param name="requires_grad">Whether a graph is recorded.</param>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        var available = Buffer.ByteLength(rawArray) - offset;
        count = count < 0 ? available / dtype.ElementSize() : count;
        if (offset < 0 || count * dtype.ElementSize() > available)
            throw new ArgumentException($"{count} elements of {dtype} at byte {offset} go beyond the buffer.", nameof(count));
        return Over(rawArray, [count], dtype, offset).requires_grad_(requires_grad);
    }

    private static Tensor FromArray(
        Array values, long[] dimensions, ScalarType elements, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
    {
        if (dimensions.TotalSize() > values.LongLength)
            throw new ArgumentException(
                $"mismatched total size creating a tensor from an array: {dimensions.TotalSize()} vs. {values.LongLength}");
        var copy = Aten.EmptyMemoryFormat.Call(dimensions, elements, Argument.None, CPU);
        var size = dimensions.TotalSize() * elements.ElementSize();
        if (size > 0)
        {
            var handle = GCHandle.Alloc(values, GCHandleType.Pinned);
            Buffer.MemoryCopy((void*)handle.AddrOfPinnedObject(), (void*)copy.DataPointer, size, size);
            handle.Free();
        }
        return Convert(copy, dtype ?? elements, device, requires_grad, names);
    }

    private static Tensor Convert(Tensor tensor, ScalarType dtype, Device? device, bool requires_grad, string[]? names)
    {
        var target = InitializeDevice(device);
        if (tensor.WillCopy(dtype, target))
            tensor = tensor.to(dtype, target, disposeAfter: true);
        return Finish(tensor, requires_grad, names);
    }

    private static Tensor Over(Array array, long[] dimensions, ScalarType dtype, long byteOffset)
    {
        var owner = GCHandle.Alloc(array, GCHandleType.Pinned);
        fixed (long* sizes = dimensions)
        {
            var tensor = Boxed.TensorFromMemory(
                (byte*)owner.AddrOfPinnedObject() + byteOffset, sizes, dimensions.Length, (sbyte)dtype, GCHandle.ToIntPtr(owner), &Release);
            if (tensor == 0)
            {
                owner.Free();
                Boxed.ThrowLastError();
            }
            return new Tensor(tensor);
        }
    }

    [UnmanagedCallersOnly]
    private static void Release(nint owner) => GCHandle.FromIntPtr(owner).Free();

    private static long[] Lengths(Array array) => [.. Enumerable.Range(0, array.Rank).Select(array.GetLongLength)];

    private static ScalarType ElementType(Array array) => array.GetType().GetElementType() switch
    {
        var t when t == typeof(byte) => ScalarType.Byte,
        var t when t == typeof(sbyte) => ScalarType.Int8,
        var t when t == typeof(short) => ScalarType.Int16,
        var t when t == typeof(int) => ScalarType.Int32,
        var t when t == typeof(long) => ScalarType.Int64,
        var t when t == typeof(bool) => ScalarType.Bool,
        var t when t == typeof(Half) => ScalarType.Float16,
        var t when t == typeof(BFloat16) => ScalarType.BFloat16,
        var t when t == typeof(float) => ScalarType.Float32,
        var t when t == typeof(double) => ScalarType.Float64,
        var t => throw new ArgumentException($"Creating a tensor from an array of {t} is not supported."),
    };
}
