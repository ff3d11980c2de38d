using BenchmarkDotNet.Attributes;
using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Benchmarks.Data;

/// <summary>Resizing a whole photo on one thread; Pillow's <c>resize((side, side), BICUBIC)</c> does the same work.</summary>
[MemoryDiagnoser]
public class BicubicResamplerBenchmark
{
    private RgbImage _photo = null!;
    private byte[] _resized = null!;

    /// <summary>A small photo, one of a video's size, and a camera's of 12 megapixels.</summary>
    public static IEnumerable<ResizeCase> Cases => [new(320, 240, 96), new(853, 640, 224), new(4000, 3000, 224)];

    /// <summary>The sizes from and to.</summary>
    [ParamsSource(nameof(Cases))]
    public ResizeCase Case { get; set; } = null!;

    /// <summary>Makes a photo of noise.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var pixels = new byte[Case.Width * Case.Height * RgbImage.Channels];
        new Random(1).NextBytes(pixels);
        _photo = new RgbImage(Case.Width, Case.Height, pixels);
        _resized = new byte[Case.Side * Case.Side * RgbImage.Channels];
    }

    /// <summary>Resizes the photo.</summary>
    [Benchmark]
    public byte Resize()
    {
        Resampler.Resize(_photo, SourceBox.All(_photo), Case.Side, Case.Side, ResamplingKernel.Bicubic, _resized);
        return _resized[^1];
    }
}
