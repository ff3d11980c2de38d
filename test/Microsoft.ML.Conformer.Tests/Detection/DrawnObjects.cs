using System.Text.Json;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;

namespace Microsoft.ML.Conformer.Tests.Detection;

/// <summary>Pictures of one or two rectangles, red or blue, with COCO's JSON beside them.</summary>
internal static class DrawnObjects
{
    public static readonly string[] Classes = ["red", "blue"];

    /// <summary>A backbone as small as can be.</summary>
    public static ConformerArchitecture Backbone => new()
    {
        ChannelRatio = 0.125,
        EmbedDim = 24,
        NumHeads = 3,
        Depth = 6,
        PatchSize = 16,
    };

    /// <summary>A Faster R-CNN as small as can be.</summary>
    public static DetectorArchitecture Detector => new()
    {
        Backbone = Backbone,
        PyramidChannels = 16,
        HiddenWidth = 32,
        FinestScale = 14,
        AnchorScales = [4],
    };

    /// <summary>Draws pictures into a folder, every third one higher than wide. Returns the JSON file.</summary>
    public static string Draw(string folder, int count, int seed, int side = 64)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(seed);
        var (images, annotations) = (new List<object>(), new List<object>());
        for (var image = 1; image <= count; image++)
        {
            var (width, height) = image % 3 == 0 ? (side * 3 / 4, side) : (side, side * 3 / 4);
            var picture = new RgbImage(width, height, [.. Enumerable.Range(0, width * height * 3).Select(_ => (byte)random.Next(60))]);
            for (var shape = random.Next(1, 3); shape > 0; shape--)
            {
                var (kind, w, h) = (random.Next(Classes.Length), random.Next(12, 24), random.Next(12, 24));
                var (x, y) = (random.Next(width - w), random.Next(height - h));
                for (var row = y; row < y + h; row++)
                    for (var column = x; column < x + w; column++)
                        ((byte[])[kind == 0 ? (byte)220 : (byte)20, 20, kind == 1 ? (byte)220 : (byte)20])
                            .CopyTo(picture.Pixels, ((row * width) + column) * 3);
                annotations.Add(new
                {
                    id = annotations.Count + 1,
                    image_id = image,
                    category_id = kind + 1,
                    bbox = new[] { x, y, w, h },
                    area = w * h,
                    iscrowd = 0,
                    segmentation = new[] { new[] { x, y, x + w, y, x + w, y + h, x, y + h } },
                });
            }
            File.WriteAllBytes(Path.Combine(folder, $"{image}.png"), picture.ToPng());
            images.Add(new { id = image, file_name = $"{image}.png", height, width });
        }
        var json = Path.Combine(folder, "instances.json");
        File.WriteAllText(json, JsonSerializer.Serialize(
            new { images, annotations, categories = Classes.Select((name, index) => new { id = index + 1, name }) }));
        return json;
    }
}
