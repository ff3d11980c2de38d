using System.Text.Json;
using Microsoft.ML.Conformer.Data.Distortions;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Images.Operations;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Data.Distortions;

[TestClass]
public sealed class ScaledCropTests
{
    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("scale").Cases();

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void IsTorchvisionsResizeAndCenterCropOfPillowImages(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("images").EnumerateArray())
        {
            var (image, side) = (Image(golden), golden.GetProperty("crop").GetInt32());
            foreach (var @case in golden.GetProperty("cases").EnumerateArray())
            {
                var (to, filter) = (@case.GetProperty("resize_to"), @case.GetProperty("filter").GetString()!);
                var what = $"{image.Width}x{image.Height} to {to}, {filter}";
                int[] sides = [.. @case.GetProperty("resized_h_w").Numbers().Select(number => (int)number)];
                if (to.ValueKind == JsonValueKind.Number)
                    Assert.AreEqual((sides[1], sides[0]), ScaledCrop.Sides(image, to.GetInt32()), what);
                var crop = new byte[side * side * 3];

                ScaledCrop.Resize(
                    image, sides[1], sides[0], ResamplingKernel.All.Single(kernel => kernel.Name == filter),
                    new PixelSpan(crop, side, side));

                AssertIs(@case, crop, what);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void AsADistortionItIsBicubicAndKeepsTheImagesSize(string? file)
    {
        var golden = GoldenFiles.Read(file).GetProperty("images").EnumerateArray().First();
        var image = Image(golden);
        Assert.AreEqual((golden.GetProperty("crop").GetInt32(), image.Width), (image.Width, image.Height));
        foreach (var @case in golden.GetProperty("cases").EnumerateArray().Where(one => one.GetProperty("filter").GetString() == "bicubic"))
        {
            var side = @case.GetProperty("resize_to").GetInt32();
            var scaled = new ImageDistortion(ImageDistortionKind.Scale, side).Apply(image, imageNumber: 0);

            Assert.AreEqual((image.Width, image.Height), (scaled.Width, scaled.Height));
            AssertIs(@case, scaled.Pixels, $"{side}");
        }
    }

    private static RgbImage Image(JsonElement golden)
    {
        var (width, height) = (golden.GetProperty("width").GetInt32(), golden.GetProperty("height").GetInt32());
        return new RgbImage(
            width, height, Formula.Rgb(int.Parse(golden.GetProperty("byte_image").GetString()!["rgb".Length..]), height, width));
    }

    private static void AssertIs(JsonElement @case, byte[] pixels, string what)
    {
        if (@case.TryGetProperty("bytes_base64", out var bytes))
            CollectionAssert.AreEqual(bytes.GetBytesFromBase64(), pixels, what);
        Assert.AreEqual(
            @case.GetProperty("sha256").GetString(),
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(pixels)), what);
    }
}
