using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Checking;

/// <summary>A folder of photos for a test of the check: blurred spots of color, which no two seeds have in the same places.</summary>
internal sealed class PhotoFolder : IDisposable
{
    private static readonly MLContext _context = new(seed: 1);

    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public string File(string name) => _folder.File(name.Split('/'));

    public string Write(string name, byte[] content)
    {
        var path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Photos 1.png to n.png in a folder, unlike those of any other folder.</summary>
    public void Fill(string folder, int count)
    {
        for (var i = 1; i <= count; i++)
            Write($"{folder}/{i}.png", Png(Photo(unchecked((int)XxHash32.HashToUInt32(Encoding.UTF8.GetBytes($"{folder}/{i}"))))));
    }

    /// <summary>What is found, but for small classes unless options are given.</summary>
    public ImageFolderReport Check(ImageCheckOptions? options = null, string? path = null) =>
        _context.Data.CheckImageFolder(path ?? Path, options ?? new ImageCheckOptions { MinImagesPerClass = 1 });

    /// <summary>The findings as "kind: paths below this folder".</summary>
    public string[] Found(ImageCheckOptions? options = null) => [.. Check(options).Findings.Select(finding =>
        $"{finding.Kind}: {string.Join(", ", finding.Files.Select(Below))}")];

    public static byte[] Png(RgbImage image) => ImageFileBytes.Encode(image.Width, image.Height, image.Pixels, ".png");

    public static byte[] Jpeg(RgbImage image) => ImageFileBytes.Encode(image.Width, image.Height, image.Pixels, ".jpg");

    /// <summary>The photo of a seed; the larger one shows the same.</summary>
    public static RgbImage Photo(int seed, int width = 96, int height = 72)
    {
        var random = new Random(seed);
        var spots = Enumerable.Range(0, 12).Select(_ => (
            X: random.NextDouble(), Y: random.NextDouble(), Size: 0.05 + 0.15 * random.NextDouble(),
            Color: (double[])[random.Next(-120, 120), random.Next(-120, 120), random.Next(-120, 120)])).ToList();
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = ((i / 3 % width + 0.5) / width, (i / 3 / width + 0.5) / height);
            var value = 128 + spots.Sum(spot => spot.Color[i % 3] * Math.Exp(
                -((x - spot.X) * (x - spot.X) + (y - spot.Y) * (y - spot.Y)) / (2 * spot.Size * spot.Size)));
            pixels[i] = (byte)Math.Clamp(value, 0, 255);
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>A gray PNG of 16 bits a pixel.</summary>
    public static byte[] Gray16(int side, Func<int, int, ushort> value) =>
        PngBytes.Sixteen(side, side, [.. Enumerable.Range(0, side * side).Select(i => value(i % side, i / side))]);

    public void Dispose() => _folder.Dispose();

    private string Below(CheckedImage image) => System.IO.Path.GetRelativePath(Path, image.Path).Replace('\\', '/');
}
