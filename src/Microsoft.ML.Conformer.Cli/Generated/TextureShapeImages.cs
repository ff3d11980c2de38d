using System.Globalization;
using System.Text;
using Microsoft.ML.Data;

namespace Conformer.Cli.Generated;

/// <summary>
/// Draws an ImageFolder whose classes are pairs of a shape and a texture: a shape filled with a pattern on a noisy background.
/// Each shape occurs with each texture: from the local pattern alone at most one image in three can be classified rightly, from the
/// global outline alone one in two.
/// Size, place, colors, the pattern's period, phase and angle, light and noise vary from image to image.
/// </summary>
internal static class TextureShapeImages
{
    /// <summary>Images of each class in train/.</summary>
    public const int TrainingImagesPerClass = 100;

    /// <summary>Images of each class in val/.</summary>
    public const int ValidationImagesPerClass = 25;

    private static readonly Dictionary<string, Func<double, double, double>> _shapes = new()
    {
        // Signed distance to the outline, negative inside, of a shape of radius 1 around the origin.
        ["disc"] = (x, y) => Math.Sqrt(x * x + y * y) - 0.95,
        ["cross"] = (x, y) => Math.Min(
            Math.Max(Math.Abs(x) - 1.05, Math.Abs(y) - 0.4),
            Math.Max(Math.Abs(y) - 1.05, Math.Abs(x) - 0.4)),
        ["triangle"] = (x, y) => Math.Max(y - 0.65, Math.Abs(x) * 0.866 - y * 0.5 - 0.6),
    };

    private static readonly Dictionary<string, Func<double, double, bool>> _textures = new()
    {
        // Which of two colors a place has; the pattern's period is 1.
        ["striped"] = (u, _) => Fraction(u) < 0.5,
        ["checked"] = (u, v) => (Fraction(u) < 0.5) == (Fraction(v) < 0.5),
    };

    /// <summary>
    /// Writes train/, val/ and, by choice, test/ with a folder for each class below <paramref name="folder"/>: always the same PNG files
    /// for a seed. Files of an earlier run are overwritten. The box of each shape is in boxes.csv, in pixels.
    /// </summary>
    /// <param name="folder">Where to write.</param>
    /// <param name="side">Side of the square images in pixels.</param>
    /// <param name="seed">Fixes all images.</param>
    /// <param name="cancellation">Stops between two images.</param>
    /// <param name="testImagesPerClass">Images of each class in test/.</param>
    /// <param name="areScattered">Whether shapes are smaller, and anywhere in their images, rather than near the middle.</param>
    public static void Write(
        string folder, int side, int seed, CancellationToken cancellation, int testImagesPerClass = 0, bool areScattered = false)
    {
        var image = 0;
        var boxes = new StringBuilder("path,left,top,width,height\n");
        (string, int)[] splits = [("train", TrainingImagesPerClass), ("val", ValidationImagesPerClass), ("test", testImagesPerClass)];
        foreach (var (split, count) in splits.Where(split => split.Item2 > 0))
            foreach (var (shapeName, shape) in _shapes)
                foreach (var (textureName, texture) in _textures)
                {
                    var classFolder = Directory.CreateDirectory(Path.Combine(folder, split, $"{textureName}-{shapeName}"));
                    for (var i = 0; i < count; i++)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        var random = new Random(unchecked(seed * 1_000_003 + image++));
                        var (pixels, box) = Draw(shape, texture, side, random, areScattered);
                        using var drawn = MLImage.CreateFromPixels(side, side, MLPixelFormat.Rgba32, pixels);
                        var name = $"{i:000}.png";
                        drawn.Save(Path.Combine(classFolder.FullName, name));
                        boxes.Append(CultureInfo.InvariantCulture, $"{split}/{classFolder.Name}/{name},{box.Left},{box.Top},")
                            .Append(CultureInfo.InvariantCulture, $"{box.Right - box.Left},{box.Bottom - box.Top}\n");
                    }
                }
        File.WriteAllText(Path.Combine(folder, "boxes.csv"), boxes.ToString());
    }

    /// <summary>One image as RGBA bytes, row by row, and its shape's box.</summary>
    private static (byte[] Pixels, (int Left, int Top, int Right, int Bottom) Box) Draw(
        Func<double, double, double> shape, Func<double, double, bool> texture, int side, Random random, bool isScattered)
    {
        double Between(double low, double high) => low + (high - low) * random.NextDouble();

        var radius = (isScattered ? Between(0.18, 0.26) : Between(0.30, 0.42)) * side;
        // The shapes reach 1.1 radii from their centers, a little more where they are tilted.
        var (first, last) = isScattered ? (1.2 * radius / side, 1 - 1.2 * radius / side) : (0.42, 0.58);
        var (centerX, centerY) = (Between(first, last) * side, Between(first, last) * side);
        var (sin, cos) = Math.SinCos(Between(-0.25, 0.25)); // the shape's tilt, in radians
        var (patternSin, patternCos) = Math.SinCos(Between(0, Math.PI));
        var period = Between(0.08, 0.11) * side;
        var (phaseU, phaseV) = (random.NextDouble(), random.NextDouble());
        var (bright, dark, background) = (Color(150, 250), Color(0, 90), Color(60, 180));
        var (lightX, lightY) = (Between(-30, 30) / side, Between(-30, 30) / side);
        var noise = Between(8, 20);

        double[] Color(double low, double high) => [Between(low, high), Between(low, high), Between(low, high)];

        var pixels = new byte[side * side * 4];
        var box = (Left: side, Top: side, Right: 0, Bottom: 0);
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
            {
                var (dx, dy) = ((x - centerX) / radius, (y - centerY) / radius);
                var distance = shape(cos * dx + sin * dy, cos * dy - sin * dx) * radius;
                var inside = Math.Clamp(0.5 - distance, 0, 1);
                if (inside >= 0.5)
                    box = (Math.Min(box.Left, x), Math.Min(box.Top, y), Math.Max(box.Right, x + 1), Math.Max(box.Bottom, y + 1));
                var fill = texture(
                    (patternCos * x + patternSin * y) / period + phaseU,
                    (patternCos * y - patternSin * x) / period + phaseV) ? bright : dark;
                var light = lightX * (x - side / 2) + lightY * (y - side / 2) + noise * (random.NextDouble() + random.NextDouble() - 1);
                var offset = (y * side + x) * 4;
                for (var channel = 0; channel < 3; channel++)
                {
                    var value = inside * fill[channel] + (1 - inside) * background[channel] + light;
                    pixels[offset + channel] = (byte)Math.Clamp(Math.Round(value), 0, 255);
                }
                pixels[offset + 3] = 255;
            }
        return (pixels, box);
    }

    private static double Fraction(double value) => value - Math.Floor(value);
}
