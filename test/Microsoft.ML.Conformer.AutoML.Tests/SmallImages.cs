using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Tests;

/// <summary>A row of image data.</summary>
internal sealed class ImageFileRow
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";
}

/// <summary>Images that even a tiny network tells apart: red ones and blue ones, of different brightness.</summary>
internal static class SmallImages
{
    public const int Side = 32;

    public static IDataView Write(MLContext mlContext, TemporaryFolder folder, int perClass)
    {
        var rows = new List<ImageFileRow>();
        foreach (var label in new[] { "blue", "red" })
            for (var i = 0; i < perClass; i++)
            {
                var path = folder.File($"{label}-{i}.png");
                var pixels = new byte[Side * Side * 4];
                for (var at = 0; at < pixels.Length; at += 4)
                {
                    pixels[at + (label == "red" ? 0 : 2)] = (byte)(140 + (at / 4 * 7 + i * 13) % 100);
                    pixels[at + 3] = 255;
                }
                using var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels);
                image.Save(path);
                rows.Add(new ImageFileRow { ImagePath = path, Label = label });
            }
        return mlContext.Data.LoadFromEnumerable(rows);
    }
}
