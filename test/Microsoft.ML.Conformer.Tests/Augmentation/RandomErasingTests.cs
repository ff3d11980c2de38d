using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class RandomErasingTests
{
    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("random-erasing").Cases();

    /// <summary>Several boxes in an image, which no recipe in use has, are not offered.</summary>
    [TestMethod]
    [DynamicData(nameof(Files))]
    public void BoxesAreTimmsForTheSameDraws(string? file)
    {
        var cases = GoldenFiles.Read(file).GetProperty("cases").EnumerateArray()
            .Where(golden => golden.GetProperty("parameters").GetProperty("max_count").GetInt32() == 1).ToList();
        Assert.AreNotEqual(0, cases.Count);
        foreach (var golden in cases)
        {
            double Parameter(string name) => golden.GetProperty("parameters").GetProperty(name).GetDouble();
            var recipe = new RandomErasingRecipe
            {
                Probability = Parameter("probability"),
                MinArea = Parameter("min_area"),
                MaxArea = Parameter("max_area"),
                MinAspect = Parameter("min_aspect"),
            };
            var random = new ScriptedRandom(golden.GetProperty("uniform_draws").Numbers());

            var box = RandomErasing.Draw(recipe, golden.GetProperty("width").GetInt32(), golden.GetProperty("height").GetInt32(), random);

            double[] given = box is { } b ? [b.Top, b.Left, b.Height, b.Width] : [];
            CollectionAssert.AreEqual(golden.GetProperty("boxes_top_left_h_w").Numbers().ToArray(), given, $"{golden}");
            Assert.AreEqual(0, random.Left, "draws that were not made");
        }
    }

    [TestMethod]
    public void NormalizedPixelsOfTheBoxBecomeStandardNormalAndNoOthersChange()
    {
        var pixels = new float[64 * 64 * 3];
        Array.Fill(pixels, 9);

        RandomErasing.Erase(pixels, 64, new ErasedBox(Left: 10, Top: 20, Width: 40, Height: 30), new ImageRandom(1, 2, 3));

        var noise = new List<double>();
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i / 3 % 64, i / 3 / 64);
            if (x is >= 10 and < 50 && y is >= 20 and < 50)
                noise.Add(pixels[i]);
            else
                Assert.AreEqual(9, pixels[i]);
        }
        Assert.AreEqual(0, noise.Average(), 0.06);
        Assert.AreEqual(1, noise.Average(value => value * value), 0.1);
        Assert.AreEqual(noise.Count, noise.Distinct().Count());
    }

    [TestMethod]
    public void ColorsOfTheBoxAreNormalAroundTheMeanThatImagesAreNormalizedBy()
    {
        var preprocessor = new ImagePreprocessor(128, new());
        var pixels = new byte[preprocessor.ByteCount];

        RandomErasing.Erase(pixels, preprocessor, new ErasedBox(0, 0, 128, 128), new ImageRandom(1, 2, 3));

        // Mean and deviation of ImageNet's colors; that of clipped noise is a little smaller.
        double[] mean = [123.675, 116.28, 103.53], deviation = [58.395, 57.12, 57.375];
        for (var channel = 0; channel < 3; channel++)
        {
            var colors = pixels.Where((_, i) => i % 3 == channel).Select(color => (double)color).ToList();
            var average = colors.Average();
            Assert.AreEqual(mean[channel], average, 3, $"{channel}");
            Assert.AreEqual(deviation[channel], Math.Sqrt(colors.Average(color => Math.Pow(color - average, 2))), 4, $"{channel}");
        }
    }
}
