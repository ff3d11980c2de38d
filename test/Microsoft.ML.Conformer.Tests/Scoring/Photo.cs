using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>A row of the tests' data: a small generated image whose color tells its class.</summary>
internal sealed class Photo
{
    public const int Side = 32;

    public static readonly string[] Classes = ["blue", "green", "red"];

    [ImageType(Side, Side)]
    public MLImage? Image { get; set; }

    public string Label { get; set; } = "";

    public int Number { get; set; }

    /// <summary>Photos of all classes in turn, without equal ones.</summary>
    public static List<Photo> Set(int count, int seed = 1, int width = Side, int height = Side)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(number => Create(number, random, width, height))];
    }

    /// <summary>The photos as a data view with Image, Label (a key over the classes, in ordinal order) and Number.</summary>
    public static IDataView View(MLContext context, IEnumerable<Photo> photos)
    {
        var data = context.Data.LoadFromEnumerable(photos);
        var classes = context.Data.LoadFromEnumerable(Classes.Select(name => new ClassName { Name = name }));
        return context.Transforms.Conversion.MapValueToKey("Label", keyData: classes).Fit(data).Transform(data);
    }

    private static Photo Create(int number, Random random, int width, int height)
    {
        var index = number % Classes.Length;
        var pixels = new byte[4 * width * height];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i % 4 == 3 ? 255 : random.Next(80) + (i % 4 == 2 - index ? 120 : 0));
        return new Photo
        {
            Image = MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, pixels),
            Label = Classes[index],
            Number = number,
        };
    }

    private sealed class ClassName
    {
        public string Name { get; set; } = "";
    }
}

/// <summary>What the tests read from scored data.</summary>
internal sealed class Prediction
{
    public float[] Score { get; set; } = [];

    public string PredictedLabel { get; set; } = "";
}
