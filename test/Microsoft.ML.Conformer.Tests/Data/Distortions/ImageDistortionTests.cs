using System.Security.Cryptography;
using Microsoft.ML.Conformer.Data.Distortions;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Goldens;
using SkiaSharp;

namespace Microsoft.ML.Conformer.Tests.Data.Distortions;

[TestClass]
public sealed class ImageDistortionTests
{
    private const int Side = 64;

    private static readonly RgbImage _image = new(Side, Side, Formula.Rgb(1, Side, Side));

    public static IEnumerable<object?[]> RotationFiles => GoldenFiles.OfKind("rotation").Cases();

    public static IEnumerable<object?[]> JitterFiles => GoldenFiles.OfKind("color-jitter").Cases();

    [TestMethod]
    [DynamicData(nameof(RotationFiles))]
    public void RotationIsPillowsBilinearOne(string? file)
    {
        var golden = GoldenFiles.Read(file).GetProperty("images").EnumerateArray().Single();
        var side = golden.GetProperty("width").GetInt32();
        var image = new RgbImage(side, side, Formula.Rgb(20, side, side));
        Assert.AreEqual("rgb20", golden.GetProperty("byte_image").GetString());
        foreach (var @case in golden.GetProperty("cases").EnumerateArray())
            Assert.AreEqual(
                @case.GetProperty("pil_bilinear").GetProperty("sha256").GetString(),
                Hash(Distorted(image, ImageDistortionKind.Rotation, @case.GetProperty("angle").GetDouble())),
                $"{@case.GetProperty("angle")} degrees");
    }

    [TestMethod]
    [DynamicData(nameof(JitterFiles))]
    public void BrightnessIsPillows(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var (width, pixels) = (
            golden.GetProperty("image").GetProperty("width").GetInt32(),
            golden.GetProperty("image").GetProperty("bytes_base64").GetBytesFromBase64());
        var image = new RgbImage(width, pixels.Length / 3 / width, pixels);
        var cases = golden.GetProperty("cases").EnumerateArray().Where(one => one.GetProperty("op").GetString() == "brightness").ToList();
        Assert.AreNotEqual(0, cases.Count);
        foreach (var @case in cases)
            Assert.AreEqual(
                @case.GetProperty("pil").GetProperty("sha256").GetString(),
                Hash(Distorted(image, ImageDistortionKind.Brightness, @case.GetProperty("factor").GetDouble())));
    }

    /// <summary>The hash is that of Pillow 9.4, as in the tests of operations on pixels.</summary>
    [TestMethod]
    public void BlurIsPillows() => Assert.AreEqual(
        "ac9d823009be8c256104182716422c8e5da1a5c7685a5d42f212c1762d230e6d", Hash(Distorted(_image, ImageDistortionKind.Blur, 2)));

    [TestMethod]
    public void TheWidestBlurOfWhiteIsWhite()
    {
        var white = new RgbImage(300, 300, [.. Enumerable.Repeat(byte.MaxValue, 300 * 300 * 3)]);

        CollectionAssert.AreEqual(white.Pixels, Distorted(white, ImageDistortionKind.Blur, 100).Pixels);
    }

    [TestMethod]
    public void NoiseDependsOnSeedAndImageAlone()
    {
        var noise = new ImageDistortion(ImageDistortionKind.Noise, 10, seed: 1);
        var inTurn = Enumerable.Range(0, 40).Select(number => Hash(noise.Apply(_image, number))).ToArray();
        var atOnce = new string[inTurn.Length];

        Parallel.For(0, atOnce.Length, number => atOnce[number] = Hash(noise.Apply(_image, number)));

        CollectionAssert.AreEqual(inTurn, atOnce);
        Assert.AreEqual(inTurn.Length, inTurn.Distinct().Count());
        Assert.AreNotEqual(inTurn[3], Hash(new ImageDistortion(ImageDistortionKind.Noise, 10, seed: 2).Apply(_image, 3)));
    }

    /// <summary>So that a curve over deviations does not jump by chance.</summary>
    [TestMethod]
    public void AnImageHasTheSameNoiseAtEachDeviation()
    {
        var gray = new RgbImage(Side, Side, [.. Enumerable.Repeat((byte)128, Side * Side * 3)]);
        var (weak, strong) = (Distorted(gray, ImageDistortionKind.Noise, 10), Distorted(gray, ImageDistortionKind.Noise, 20));

        // Either is rounded by half a level.
        Assert.IsTrue(weak.Pixels.Zip(strong.Pixels).All(pair => Math.Abs(2 * (pair.First - 128) - (pair.Second - 128)) <= 1.5));
        Assert.IsTrue(weak.Pixels.Distinct().Count() > 40);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(50)]
    [DataRow(100)]
    public void AJpegIsWhatSkiaMakesOfThePixelsInFourBytes(int quality)
    {
        using var bitmap = new SKBitmap(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        bitmap.Pixels = [.. _image.Pixels.Chunk(3).Select(pixel => new SKColor(pixel[0], pixel[1], pixel[2]))];
        using var file = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality);
        using var decoded = SKBitmap.Decode(file);

        CollectionAssert.AreEqual(
            decoded.Pixels.SelectMany(color => new[] { color.Red, color.Green, color.Blue }).ToArray(),
            Distorted(_image, ImageDistortionKind.JpegQuality, quality).Pixels);
    }

    [TestMethod]
    public void TheLowerTheQualityTheFurtherOffAreAJpegsPixels()
    {
        // Smooth, as colors have half of the resolution at every quality.
        var smooth = Distorted(_image, ImageDistortionKind.Blur, 3);
        double[] errors = [.. new[] { 100, 75, 50, 25, 10, 5, 1 }.Select(quality => Distorted(
            smooth, ImageDistortionKind.JpegQuality, quality).Pixels.Zip(smooth.Pixels, (one, other) => Math.Abs(one - other)).Average())];

        CollectionAssert.AreEqual(errors.Order().ToArray(), errors);
        Assert.IsTrue(errors[0] < 2 && errors[^1] > 10, string.Join(", ", errors));
    }

    [TestMethod]
    [DataRow(ImageDistortionKind.Rotation, 0.0)]
    [DataRow(ImageDistortionKind.Rotation, 360.0)]
    [DataRow(ImageDistortionKind.Scale, (double)Side)]
    [DataRow(ImageDistortionKind.Blur, 0.0)]
    [DataRow(ImageDistortionKind.Noise, 0.0)]
    [DataRow(ImageDistortionKind.Brightness, 1.0)]
    public void AtTheValueThatChangesNothingItIsACopy(ImageDistortionKind kind, double value)
    {
        var copy = Distorted(_image, kind, value);

        CollectionAssert.AreEqual(_image.Pixels, copy.Pixels);
        Assert.AreNotSame(_image.Pixels, copy.Pixels);
    }

    [TestMethod]
    [DataRow(ImageDistortionKind.Rotation, 30.0)]
    [DataRow(ImageDistortionKind.Scale, 40.0)]
    [DataRow(ImageDistortionKind.Blur, 2.0)]
    [DataRow(ImageDistortionKind.Noise, 20.0)]
    [DataRow(ImageDistortionKind.JpegQuality, 30.0)]
    [DataRow(ImageDistortionKind.Brightness, 0.5)]
    public void TheImageStaysAsItWasAndMayLieInALongerArray(ImageDistortionKind kind, double value)
    {
        var before = Hash(_image);
        var longer = new RgbImage(Side, Side, [.. _image.Pixels, 1, 2, 3, 4]);

        var distorted = Distorted(_image, kind, value);

        Assert.AreEqual((Side, Side), (distorted.Width, distorted.Height));
        Assert.AreEqual(before, Hash(_image));
        Assert.AreNotEqual(before, Hash(distorted));
        Assert.AreEqual(Hash(distorted), Hash(Distorted(longer, kind, value)));
    }

    [TestMethod]
    [DataRow(ImageDistortionKind.Rotation, double.NaN, "Rotation is NaN; it must be a finite number of degrees.")]
    [DataRow(ImageDistortionKind.Scale, 0.0, "Scale is 0; it must be a whole number from 1 to 4096 pixels.")]
    [DataRow(ImageDistortionKind.Scale, 100.5, "Scale is 100.5; it must be a whole number from 1 to 4096 pixels.")]
    [DataRow(ImageDistortionKind.Blur, 100.1, "Blur is 100.1; it must be 0 to 100 pixels.")]
    [DataRow(ImageDistortionKind.Noise, -1.0, "Noise is -1; it must be 0 to 255 levels.")]
    [DataRow(ImageDistortionKind.JpegQuality, 0.0, "JpegQuality is 0; it must be a whole number from 1 to 100 of quality.")]
    [DataRow(ImageDistortionKind.Brightness, double.PositiveInfinity, "Brightness is Infinity; it must be 0 to 255 as a factor.")]
    [DataRow((ImageDistortionKind)6, 1.0, "The distortion is 6; it must be one of Rotation, Scale, Blur, Noise, JpegQuality, Brightness.")]
    public void AValueThatAKindDoesNotHaveIsRefused(ImageDistortionKind kind, double value, string fault)
    {
        Assert.AreEqual(fault, ImageDistortion.FaultOf(kind, value));
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImageDistortion(kind, value)).Message, fault);
    }

    private static RgbImage Distorted(RgbImage image, ImageDistortionKind kind, double value) =>
        new ImageDistortion(kind, value).Apply(image, imageNumber: 7);

    private static string Hash(RgbImage image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels.AsSpan(0, image.ByteCount)));
}
