using System.Buffers;

namespace Microsoft.ML.Conformer.Data.Caching;

/// <summary>A cached image in use; dispose it to give back the buffer that it was read into, if any.</summary>
/// <param name="Image">Valid until the lease is disposed.</param>
/// <param name="Rented">The pool's buffer behind the image, or null.</param>
internal readonly record struct ImageLease(RgbImage Image, byte[]? Rented) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        if (Rented is not null)
            ArrayPool<byte>.Shared.Return(Rented);
    }
}
