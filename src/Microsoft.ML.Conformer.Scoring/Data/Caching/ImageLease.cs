using System.Buffers;

namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>A cached image in use, valid until it is disposed: that gives back the buffer that it was read into, if any.</summary>
internal readonly record struct ImageLease(RgbImage Image, byte[]? Rented) : IDisposable
{
    public void Dispose()
    {
        if (Rented is not null)
            ArrayPool<byte>.Shared.Return(Rented);
    }
}
