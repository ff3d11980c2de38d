using TorchSharp.Native;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        /// <summary>The memory of a contiguous CPU tensor.</summary>
        /// <exception cref="InvalidOperationException">The tensor is not contiguous, or not on the CPU.</exception>
        public Span<byte> bytes
        {
            get
            {
                var size = ContiguousBytes();
                if (size > int.MaxValue)
                    throw new ArgumentException("Span only supports up to int.MaxValue elements.");
                return new Span<byte>((void*)DataPointer, (int)size);
            }
            set
            {
                if (ContiguousBytes() != value.Length)
                    throw new ArgumentException("Mismatched data sizes in SetBytes().");
                value.CopyTo(bytes);
            }
        }

        /// <summary>The first element's address.</summary>
        internal nint DataPointer
        {
            get
            {
                var pointer = Boxed.TensorData(Handle);
                return pointer == 0 && NumberOfElements > 0 ? Boxed.CheckPointer(pointer) : pointer;
            }
        }

        /// <summary>Element-wise access; a tensor on another device is copied to the CPU first.</summary>
        /// <exception cref="ArgumentException"><typeparamref name="T"/> is not this tensor's element type.</exception>
        public TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            CheckElementType(typeof(T));
            return new TensorAccessor<T>(is_cpu() ? this : cpu());
        }

        /// <summary>The only element, whose type has to be <typeparamref name="T"/>.</summary>
        public T item<T>()
            where T : unmanaged =>
            NumberOfElements == 1 ? data<T>()[0] : throw new ArgumentException("Number of elements in the tensor must be 1");

        /// <summary>The only element.</summary>
        public Scalar ToScalar()
        {
            var value = Aten.Item.CallValue(this);
            return new Scalar(value.Kind, value.Bits);
        }

        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            using var memory = new UnmanagedMemoryStream((byte*)DataPointer, ContiguousBytes());
            memory.CopyTo(stream, bufferSize);
        }

        /// <exception cref="EndOfStreamException">The stream ends before the tensor is full.</exception>
        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            var left = ContiguousBytes();
            var pointer = (byte*)DataPointer;
            while (left > 0)
            {
                var chunk = (int)Math.Min(left, 1 << 20);
                stream.ReadExactly(new Span<byte>(pointer, chunk));
                pointer += chunk;
                left -= chunk;
            }
        }

        private long ContiguousBytes()
        {
            if (!is_contiguous())
                throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
            if (!is_cpu())
                throw new InvalidOperationException(
                    "Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            return NumberOfElements * ElementSize;
        }

        private void CheckElementType(Type type)
        {
            var expected = dtype switch
            {
                ScalarType.Byte => typeof(byte),
                ScalarType.Int8 => typeof(sbyte),
                ScalarType.Int16 => typeof(short),
                ScalarType.Int32 => typeof(int),
                ScalarType.Int64 => typeof(long),
                ScalarType.Bool => typeof(bool),
                ScalarType.BFloat16 => typeof(BFloat16),
                ScalarType.Float16 => typeof(Half),
                ScalarType.Float32 => typeof(float),
                ScalarType.Float64 => typeof(double),
                _ => type,
            };
            if (type != expected)
                throw new ArgumentException($"{type.Name} is not compatible with {dtype}");
        }
    }
}
