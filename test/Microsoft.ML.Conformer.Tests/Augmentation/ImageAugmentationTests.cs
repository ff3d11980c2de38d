using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Images;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Augmentation;

[TestClass]
public sealed class ImageAugmentationTests
{
    private const double Rounding = 1e-6;

    private static readonly AugmentationRecipe _official =
        new() { CropAreaMin = 0.08, RandAugment = new(), RandomErasing = new() };

    private static readonly AugmentationRecipe _everything = _official with
    {
        RotationDegrees = 20,
        ColorJitter = new() { Brightness = 0.3, Contrast = 0.3, Saturation = 0.3, Hue = 0.1 },
        RandomErasing = new() { Probability = 1 },
    };

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("train-transform").Cases();

    /// <summary>
    /// timm cuts the crop out before it resizes it; here, as with Pillow's resize(box=...), the filter sees a few pixels beyond the crop.
    /// So the image is the crop itself, which is then taken whole.
    /// </summary>
    [TestMethod]
    [DynamicData(nameof(Files))]
    public void WithTheOfficialRecipeAndTheSameDrawsPixelsAreTimms(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            int Number(string name) => golden.GetProperty(name).GetInt32();
            var name = golden.GetProperty("image").GetString()!;
            double[] draws = [.. golden.GetProperty("rrc_draws").Numbers()];
            var box = new RandomResizedCrop(0.08, 1).Draw(
                Number("width"), Number("height"), new ScriptedRandom([draws[0], draws[1], draws[3], draws[2]]));
            var image = Cut(Formula.Rgb(int.Parse(name["rgb".Length..]), Number("height"), Number("width")), Number("width"), box);
            var preprocessor = new ImagePreprocessor(Number("size"), new());
            var stages = golden.GetProperty("stages").EnumerateArray().ToDictionary(stage => stage.GetProperty("after").GetString()!);

            var whole = Apply(
                _official with { CropAreaMin = 1, RandomErasing = null }, image, preprocessor, Draws(golden, image, eraseSize: null));
            var colors = new byte[preprocessor.ByteCount];
            preprocessor.Denormalize(whole, colors);
            Assert.AreEqual(
                stages["RandAugment"].GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(colors)), name);
            Check(stages["Normalize"], whole, preprocessor.ImageSize, name);

            var erased = Apply(
                _official with { CropAreaMin = 1 }, image, preprocessor, Draws(golden, image, preprocessor.ImageSize));
            Check(stages["RandomErasing"], erased, preprocessor.ImageSize, name);
        }
    }

    [TestMethod]
    public void TheDefaultRecipeCropsAndMirrorsWithTheDrawsOfAllVersions()
    {
        var preprocessor = new ImagePreprocessor(16, new());
        var image = FormulaImage.Rgb(30, 20);
        var mirrored = 0;
        for (var number = 0; number < 40; number++)
        {
            var random = new ImageRandom(7, 5, number);
            var crop = new byte[preprocessor.ByteCount];
            Resampler.Resize(image, new RandomResizedCrop(0.35, 1).Draw(30, 20, random), 16, 16, ResamplingKernel.Bicubic, crop);
            var flips = random.NextDouble() < 0.5;
            var expected = new float[crop.Length];
            preprocessor.Normalize(crop, expected, PixelLayout.Nhwc, flips);
            mirrored += flips ? 1 : 0;

            CollectionAssert.AreEqual(expected, Apply(new AugmentationRecipe(), image, preprocessor, new ImageRandom(7, 5, number)));
        }
        Assert.AreEqual(20, mirrored, 12);
    }

    [TestMethod]
    public void AnImageIsTheSameWhicheverThreadMakesItAndWhateverWasMadeBefore()
    {
        var preprocessor = new ImagePreprocessor(32, new());
        var image = FormulaImage.Rgb(50, 40);
        var augmentation = new ImageAugmentation(_everything);
        float[] Make(int number)
        {
            var pixels = new float[preprocessor.ByteCount];
            augmentation.Apply(image, preprocessor, new ImageRandom(1, 2, number), pixels);
            return pixels;
        }
        var inTurn = Enumerable.Range(0, 40).Select(Make).ToList();

        var atOnce = new float[inTurn.Count][];
        Parallel.For(0, inTurn.Count, i => atOnce[^(i + 1)] = Make(inTurn.Count - 1 - i));

        for (var i = 0; i < inTurn.Count; i++)
            CollectionAssert.AreEqual(inTurn[i], atOnce[i], $"{i}");
    }

    [TestMethod]
    public void EachPartOfARecipeChangesTheImageAndNothingElseOfIt()
    {
        var preprocessor = new ImagePreprocessor(32, new());
        var image = FormulaImage.Rgb(50, 40);
        var plain = new AugmentationRecipe();
        AugmentationRecipe[] recipes =
        [
            plain with { RotationDegrees = 30 }, plain with { ThreeAugment = true },
            plain with { RandAugment = new() { Probability = 1 } }, plain with { ColorJitter = new() { Hue = 0.4 } },
            plain with { RandomErasing = new() { Probability = 1 } },
            plain with { RandomErasing = new() { Probability = 1, BeforeNormalization = true } },
        ];
        var before = Apply(plain, image, preprocessor, new ImageRandom(1, 2, 3));
        foreach (var recipe in recipes)
        {
            var after = Apply(recipe, image, preprocessor, new ImageRandom(1, 2, 3));

            CollectionAssert.AreNotEqual(before, after, $"{recipe}");
            if (recipe.RandomErasing is not null)
                Assert.IsTrue(before.Zip(after).Count(pair => pair.First == pair.Second) > before.Length / 2, "beside the erased box");
        }
    }

    [TestMethod]
    public void NoiseThatIsMadeOfColorsIsWithinThem()
    {
        var recipe = new AugmentationRecipe { RandomErasing = new() { Probability = 1, BeforeNormalization = true } };
        var preprocessor = new ImagePreprocessor(32, new());
        float[] Range(byte level)
        {
            var pixels = new float[preprocessor.ByteCount];
            preprocessor.Normalize([.. Enumerable.Repeat(level, pixels.Length)], pixels, PixelLayout.Nhwc);
            return pixels[..3];
        }
        var (black, white) = (Range(0), Range(255));

        for (var number = 0; number < 20; number++)
        {
            var pixels = Apply(recipe, FormulaImage.Rgb(50, 40), preprocessor, new ImageRandom(1, 2, number));
            for (var i = 0; i < pixels.Length; i++)
                Assert.IsTrue(pixels[i] >= black[i % 3] && pixels[i] <= white[i % 3]);
        }
    }

    private static float[] Apply(AugmentationRecipe recipe, RgbImage image, ImagePreprocessor preprocessor, ImageRandom random)
    {
        var pixels = new float[preprocessor.ByteCount];
        new ImageAugmentation(recipe).Apply(image, preprocessor, random, pixels);
        if (random is ScriptedRandom scripted)
            Assert.AreEqual(0, scripted.Left, "draws that were not made");
        return pixels;
    }

    private static RgbImage Cut(byte[] pixels, int width, SourceBox box)
    {
        var rows = pixels.Chunk(3 * width).Skip((int)box.Top).Take((int)(box.Bottom - box.Top));
        return new RgbImage(
            (int)(box.Right - box.Left), (int)(box.Bottom - box.Top),
            [.. rows.SelectMany(row => row[(3 * (int)box.Left)..(3 * (int)box.Right)])]);
    }

    /// <summary>A golden's draws after a crop that takes the whole image; without erasing where there is no size.</summary>
    private static ScriptedRandom Draws(JsonElement golden, RgbImage image, int? eraseSize)
    {
        // The aspect is log-uniform from 3/4 to 4/3.
        var aspect = 0.5 + Math.Log((double)image.Width / image.Height) / (2 * Math.Log(4.0 / 3));
        List<double> uniform = [0, aspect, 0, 0, golden.GetProperty("flip_draw").GetDouble()], normal = [];
        var operations = golden.GetProperty("ops").EnumerateArray().ToList();
        uniform.AddRange(operations.Select(operation => (operation.GetProperty("index").GetInt32() + 0.5) / 15));
        foreach (var operation in operations)
        {
            uniform.Add(operation.GetProperty("skip_draw").GetDouble());
            if (!operation.GetProperty("applied").GetBoolean())
                continue;
            normal.Add(operation.GetProperty("normal_draw").GetDouble());
            if (operation.GetProperty("sign_draw") is { ValueKind: JsonValueKind.Number } sign)
                uniform.Add(sign.GetDouble());
        }
        if (eraseSize is { } size)
        {
            double[] erase = [.. golden.GetProperty("erase_draws").Numbers()];
            uniform.AddRange(erase);
            if (RandomErasing.Draw(new(), size, size, new ScriptedRandom(erase)) is { } box)
                normal.AddRange(Noise(golden.GetProperty("image").GetString()!, box));
        }
        return new ScriptedRandom(uniform, normal);
    }

    /// <summary>The golden's noise, which is by channel, row and column, by row, column and channel.</summary>
    private static IEnumerable<double> Noise(string image, ErasedBox box)
    {
        var hash = Formula.Hash($"noise:{image["rgb".Length..]}");
        return from y in Enumerable.Range(0, box.Height)
               from x in Enumerable.Range(0, box.Width)
               from channel in Enumerable.Range(0, 3)
               select (double)(float)(2 * Formula.Uniform(hash, (ulong)((channel * box.Height + y) * box.Width + x)));
    }

    /// <param name="stage">A tensor by channel, row and column.</param>
    /// <param name="pixels">By row, column and channel.</param>
    /// <param name="size">Height and width.</param>
    /// <param name="what">Said where they differ.</param>
    private static void Check(JsonElement stage, float[] pixels, int size, string what)
    {
        float[] planes = [.. Enumerable.Range(0, 3).SelectMany(channel => pixels.Where((_, i) => i % 3 == channel))];
        double[] first = [.. stage.GetProperty("first").Numbers()], last = [.. stage.GetProperty("last").Numbers()];
        Assert.AreClose(first, planes[..first.Length], Rounding, $"{what}: beginning");
        Assert.AreClose(last, planes[^last.Length..], Rounding, $"{what}: end");
        foreach (var pixel in stage.GetProperty("pixels").EnumerateArray())
        {
            double[] numbers = [.. pixel.Numbers()];
            var at = ((int)numbers[1] * size + (int)numbers[0]) * 3;
            Assert.AreClose(numbers[2..], pixels[at..(at + 3)], Rounding, $"{what}: pixel ({numbers[0]}, {numbers[1]})");
        }
        var mean = planes.Average(value => (double)value);
        Assert.AreEqual(stage.GetProperty("mean").GetDouble(), mean, Rounding, what);
    }
}
