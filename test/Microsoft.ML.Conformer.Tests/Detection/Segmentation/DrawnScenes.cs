using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;

namespace Microsoft.ML.Conformer.Tests.Detection.Segmentation;

/// <summary>Pictures of dark ground with a large red or blue rectangle, and their label maps.</summary>
internal static class DrawnScenes
{
    public static readonly string[] Classes = ["ground", "red", "blue"];

    /// <summary>
    /// Draws pictures into a folder's images and label maps into its labels, every third one higher than wide. Around each rectangle a
    /// pixel has no class.
    /// </summary>
    public static void Draw(string folder, int count, int seed, int side = 64)
    {
        Directory.CreateDirectory(Path.Combine(folder, "images"));
        Directory.CreateDirectory(Path.Combine(folder, "labels"));
        var random = new Random(seed);
        for (var image = 0; image < count; image++)
        {
            var (width, height) = image % 3 == 2 ? (side * 3 / 4, side) : (side, side * 3 / 4);
            var picture = new RgbImage(width, height, [.. Enumerable.Range(0, width * height * 3).Select(_ => (byte)random.Next(60))]);
            var labels = new byte[height * width];
            var (label, w, h) = (1 + random.Next(2), random.Next(width / 2, width * 3 / 4), random.Next(height / 2, height * 3 / 4));
            var (left, top) = (random.Next(1, width - w - 1), random.Next(1, height - h - 1));
            for (var y = top - 1; y <= top + h; y++)
                for (var x = left - 1; x <= left + w; x++)
                {
                    var isInside = x >= left && x < left + w && y >= top && y < top + h;
                    labels[(y * width) + x] = isInside ? (byte)label : (byte)255;
                    if (isInside)
                        picture.Pixels[(((y * width) + x) * 3) + (label == 1 ? 0 : 2)] = 220;
                }
            File.WriteAllBytes(Path.Combine(folder, "images", $"{image}.png"), picture.ToPng());
            new LabelMap(height, width, labels).SaveAsPng(Path.Combine(folder, "labels", $"{image}.png"));
        }
    }

    public static IDataView Load(MLContext context, string folder, IReadOnlyList<string>? classes = null) =>
        context.Data.LoadSegmentation(Path.Combine(folder, "images"), Path.Combine(folder, "labels"), classes ?? Classes);
}
