namespace Microsoft.ML.Conformer.Data.Decoding;

/// <summary>
/// Lets as many images be decoded at once as together have a bounded number of pixels, in the whole process: a machine of many processors
/// would otherwise decode as many giant ones. One image alone may have more.
/// </summary>
internal static class DecodingMemory
{
    /// <summary>At 7 to 14 bytes each, while they are decoded, 0.4 to 0.9 GB.</summary>
    private const long MaxPixels = 60_000_000;

    private static readonly object _gate = new();
    private static long _pixels;

    /// <summary>Waits until an image of so many pixels may be decoded. Dispose the result when it is.</summary>
    public static Lease Take(long pixels)
    {
        lock (_gate)
        {
            while (_pixels > 0 && _pixels + pixels > MaxPixels)
                Monitor.Wait(_gate);
            _pixels += pixels;
        }
        return new Lease(pixels);
    }

    public readonly record struct Lease(long Pixels) : IDisposable
    {
        public void Dispose()
        {
            lock (_gate)
            {
                _pixels -= Pixels;
                Monitor.PulseAll(_gate);
            }
        }
    }
}
