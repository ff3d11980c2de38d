using System.Threading.RateLimiting;

namespace Conformer.Server.Images;

/// <summary>
/// The memory of decoded images: bounded, and given back to the system once the images are gone.
/// </summary>
internal sealed class PixelMemory : IDisposable
{
    /// <summary>Memory is counted in units of so many pixels, so that all requests' images together stay within an int.</summary>
    private const int PixelsPerPermit = 1024;

    /// <summary>So many pixels' garbage, half a gigabyte or more, is collected at once: that takes far less than decoding them.</summary>
    private const long MostGarbage = 80_000_000;

    /// <summary>Less is not worth a collection.</summary>
    private const long LeastGarbage = 4_000_000;

    /// <summary>An eighth is for small images alone, of an eighth of it each at most: large ones must not keep them out.</summary>
    private const int Parts = 8;

    private static readonly TimeSpan _quiet = TimeSpan.FromSeconds(1);

    private readonly ConcurrencyLimiter _permits;
    private readonly ConcurrencyLimiter? _smallPermits;
    private readonly int _smallPixels;
    private readonly Timer _whenQuiet;
    private long _garbage;

    public PixelMemory(Limits limits)
    {
        var forSmall = limits.MaxPixelsInMemory / Parts;
        if (limits.MaxPixelsInMemory - forSmall >= limits.MaxPixels)
            (_smallPermits, _smallPixels) = (Limiter(forSmall), forSmall / Parts);
        else
            forSmall = 0;
        _permits = Limiter(limits.MaxPixelsInMemory - forSmall);
        _whenQuiet = new Timer(_ =>
        {
            if (TakeGarbage(LeastGarbage))
                FreedMemory.GiveBack();
        });
    }

    /// <summary>Waits until there is memory for an image, which is counted until the result is disposed.</summary>
    /// <exception cref="RefusalException">Too many wait.</exception>
    public async Task<IDisposable> TakeAsync(int pixels, CancellationToken abandoned)
    {
        var limiter = pixels <= _smallPixels ? _smallPermits! : _permits;
        var permits = await limiter.AcquireAsync(Permits(pixels), abandoned);
        return permits.IsAcquired
            ? new Taken(this, permits, pixels)
            : throw new RefusalException(StatusCodes.Status503ServiceUnavailable, "Too many images wait for memory.");
    }

    public void Dispose()
    {
        _whenQuiet.Dispose();
        _permits.Dispose();
        _smallPermits?.Dispose();
    }

    private static ConcurrencyLimiter Limiter(int pixels) => new(new ConcurrencyLimiterOptions
    {
        PermitLimit = Permits(pixels),
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private static int Permits(int pixels) => (pixels - 1) / PixelsPerPermit + 1;

    private void GiveBack(int pixels)
    {
        Interlocked.Add(ref _garbage, pixels);
        if (TakeGarbage(MostGarbage))
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        try
        {
            _whenQuiet.Change(_quiet, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The server has stopped.
        }
    }

    /// <summary>Whether there is so much garbage; it counts as collected then.</summary>
    private bool TakeGarbage(long least)
    {
        var garbage = Interlocked.Read(ref _garbage);
        return garbage >= least && Interlocked.CompareExchange(ref _garbage, 0, garbage) == garbage;
    }

    private sealed class Taken(PixelMemory memory, RateLimitLease permits, int pixels) : IDisposable
    {
        public void Dispose()
        {
            permits.Dispose();
            memory.GiveBack(pixels);
        }
    }
}
