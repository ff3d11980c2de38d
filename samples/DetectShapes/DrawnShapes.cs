using System.Text.Json;
using SkiaSharp;

namespace DetectShapes;

/// <summary>Draws circles, squares and triangles of any color and size, and writes COCO's JSON beside the pictures.</summary>
internal static class DrawnShapes
{
    /// <summary>What COCO's JSON is called.</summary>
    public const string FileName = "instances.json";

    private static readonly string[] _classes = ["circle", "square", "triangle"];

    /// <summary>Draws pictures into a folder. Returns the JSON file.</summary>
    public static string Draw(string folder, int count, int side, int seed)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(seed);
        var (images, annotations) = (new List<object>(), new List<object>());
        for (var image = 1; image <= count; image++)
        {
            using var bitmap = new SKBitmap(side, side);
            using var canvas = new SKCanvas(bitmap);
            canvas.Clear(Color(random, 0, 110));
            for (var line = 0; line < 12; line++) // so that the background is none of one color
                canvas.DrawLine(Point(random, side), Point(random, side), new SKPaint { Color = Color(random, 0, 110), StrokeWidth = 6 });
            var taken = new List<SKRect>();
            for (var shape = random.Next(1, 5); shape > 0; shape--)
                if (Place(random, side, taken) is { } box)
                {
                    var kind = random.Next(_classes.Length);
                    var outline = Outline(kind, box);
                    using var path = new SKPath();
                    path.AddPoly(outline);
                    canvas.DrawPath(path, new SKPaint { Color = Color(random, 120, 256), IsAntialias = true });
                    annotations.Add(new
                    {
                        id = annotations.Count + 1,
                        image_id = image,
                        category_id = kind + 1,
                        bbox = new[] { box.Left, box.Top, box.Width, box.Height },
                        area = Area(outline),
                        iscrowd = 0,
                        segmentation = new[] { outline.SelectMany(point => new[] { point.X, point.Y }) },
                    });
                }
            var name = $"{image:0000}.png";
            using (var file = File.Create(Path.Combine(folder, name)))
                bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
            images.Add(new { id = image, file_name = name, height = side, width = side });
        }
        var json = Path.Combine(folder, FileName);
        File.WriteAllText(json, JsonSerializer.Serialize(new
        {
            images,
            annotations,
            categories = _classes.Select((name, index) => new { id = index + 1, name }),
        }));
        return json;
    }

    private static SKPoint[] Outline(int kind, SKRect box) => kind switch
    {
        0 => [.. Enumerable.Range(0, 40).Select(i => new SKPoint(
            box.MidX + (box.Width / 2 * MathF.Cos(i * MathF.Tau / 40)), box.MidY + (box.Height / 2 * MathF.Sin(i * MathF.Tau / 40))))],
        1 => [new(box.Left, box.Top), new(box.Right, box.Top), new(box.Right, box.Bottom), new(box.Left, box.Bottom)],
        _ => [new(box.MidX, box.Top), new(box.Right, box.Bottom), new(box.Left, box.Bottom)],
    };

    private static SKRect? Place(Random random, int side, List<SKRect> taken)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var size = random.Next(side / 8, side / 2);
            var box = SKRect.Create(random.Next(side - size), random.Next(side - size), size, size);
            if (taken.Any(other => other.IntersectsWith(box)))
                continue;
            taken.Add(box);
            return box;
        }
        return null;
    }

    private static float Area(SKPoint[] outline) => Math.Abs(outline.Select((point, i) =>
    {
        var next = outline[(i + 1) % outline.Length];
        return (point.X * next.Y) - (next.X * point.Y);
    }).Sum()) / 2;

    private static SKColor Color(Random random, int from, int to) =>
        new((byte)random.Next(from, to), (byte)random.Next(from, to), (byte)random.Next(from, to));

    private static SKPoint Point(Random random, int side) => new(random.Next(side), random.Next(side));
}
