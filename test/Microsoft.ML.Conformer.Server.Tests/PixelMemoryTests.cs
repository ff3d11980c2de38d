using Conformer.Server.Images;

namespace Conformer.Server.Tests;

/// <summary>How the memory for decoded images is shared out.</summary>
[TestClass]
public sealed class PixelMemoryTests
{
    private const int Large = 80 * 1024, Small = 2 * 1024;

    [TestMethod]
    public async Task LargeImagesWaitForTheirTurnAndDoNotKeepSmallOnesOut()
    {
        using var memory = new PixelMemory(new Limits { MaxPixels = Large, MaxPixelsInMemory = 2 * Large });
        var first = await memory.TakeAsync(Large, CancellationToken.None);

        var second = memory.TakeAsync(Large, CancellationToken.None);
        using var small = await memory.TakeAsync(Small, CancellationToken.None).WaitAsync(Patience.Limit);

        Assert.IsFalse(second.IsCompleted);
        first.Dispose();
        (await second.WaitAsync(Patience.Limit)).Dispose();
    }

    [TestMethod]
    public async Task WhereThereIsMemoryForOneLargeImageAloneSmallOnesWaitToo()
    {
        using var memory = new PixelMemory(new Limits { MaxPixels = Large, MaxPixelsInMemory = Large });
        var large = await memory.TakeAsync(Large, CancellationToken.None);

        var small = memory.TakeAsync(Small, CancellationToken.None);

        Assert.IsFalse(small.IsCompleted);
        large.Dispose();
        (await small.WaitAsync(Patience.Limit)).Dispose();
    }
}
