using System.Buffers;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>Reads a tensor as fp32 in row-major order, chunk by chunk, checked and decoded while the chunk is in the cache.</summary>
internal static class TensorReader
{
    /// <summary>Fills <paramref name="destination"/>, of the tensor's length, after the storage's check sum was found right.</summary>
    public static void Read(CheckpointTensor tensor, string fileName, Span<float> destination)
    {
        if (destination.Length != tensor.Count)
            throw new ArgumentException(
                $"Tensor '{VisibleText.Of(tensor.Name)}' has {tensor.Count} elements; the destination has {destination.Length}.",
                nameof(destination));
        if (!tensor.Type.IsReadable)
            throw new CheckpointFormatException(
                fileName, $"its type is {tensor.Type}; only real floating-point and integer tensors are read.", tensor.Name);
        if (tensor.Count == 0)
            return;

        var whole = tensor.IsContiguous && tensor.Count * tensor.Type.Size == tensor.Storage.Length;
        if (!whole)
            tensor.Storage.Verify(tensor.Name);

        if (tensor.IsContiguous)
            ReadContiguous(tensor, tensor.Offset, destination, verify: whole && tensor.Storage.NeedsVerification);
        else
            new StridedView(tensor).Read(destination);
    }

    /// <summary>Reads consecutive elements of the tensor's storage, from element <paramref name="first"/> on.</summary>
    public static void ReadContiguous(CheckpointTensor tensor, long first, Span<float> destination, bool verify)
    {
        var (type, storage) = (tensor.Type, tensor.Storage);
        var inPlace = type == ElementType.Float32;
        var perChunk = CheckpointLimits.ChunkBytes / type.Size;
        var rented = inPlace ? null : ArrayPool<byte>.Shared.Rent(Math.Min(perChunk, destination.Length) * type.Size);
        try
        {
            var crc = new Crc32();
            for (var done = 0; done < destination.Length;)
            {
                var part = destination.Slice(done, Math.Min(perChunk, destination.Length - done));
                var bytes = rented is null ? MemoryMarshal.AsBytes(part) : rented.AsSpan(0, part.Length * type.Size);
                storage.Read((first + done) * type.Size, bytes, tensor.Name);
                if (verify)
                    crc.Append(bytes);
                if (!inPlace)
                    type.Decode(bytes, part);
                done += part.Length;
            }
            if (verify)
                storage.Accept(crc.GetCurrentHashAsUInt32(), tensor.Name);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
