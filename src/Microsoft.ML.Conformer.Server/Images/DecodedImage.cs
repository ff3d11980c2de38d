using Microsoft.ML.Data;

namespace Conformer.Server.Images;

/// <summary>An image's pixels, and the memory that is counted for them.</summary>
/// <param name="Pixels">The image, which this owns.</param>
/// <param name="Memory">Given back together with the pixels.</param>
internal sealed record DecodedImage(MLImage Pixels, IDisposable Memory) : IDisposable
{
    public void Dispose()
    {
        Pixels.Dispose();
        Memory.Dispose();
    }
}
