using System.Security.Cryptography;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Data.Images.Operations;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Data.Images.Operations;

/// <summary>Each operation on pixels is Pillow's, byte by byte.</summary>
[TestClass]
public sealed class PixelOperationTests
{
    private static readonly RgbColor _imageNetMean = new(124, 116, 104), _black = new(0, 0, 0);

    public static IEnumerable<object?[]> RandAugmentFiles => GoldenFiles.OfKind("randaugment-ops").Cases();

    public static IEnumerable<object?[]> JitterFiles => GoldenFiles.OfKind("color-jitter").Cases();

    [TestMethod]
    [DynamicData(nameof(RandAugmentFiles))]
    public void TheOperationsOfRandAugmentAreTimmsAtEveryMagnitude(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var checkedKinds = new HashSet<PixelOperationKind>();
        foreach (var result in golden.GetProperty("results").EnumerateArray())
        {
            var name = result.GetProperty("image").GetString();
            var image = golden.GetProperty("images").EnumerateArray().Single(image => image.GetProperty("name").GetString() == name);
            foreach (var @case in result.GetProperty("cases").EnumerateArray())
            {
                var kind = Kind(@case.GetProperty("op").GetString()!);
                var argument = 0.0;
                if (@case.TryGetProperty("magnitude", out var magnitude))
                {
                    var isSigned = @case.TryGetProperty("sign", out var sign);
                    Assert.AreEqual(isSigned, RandAugment.IsSigned(kind), $"{kind}");
                    argument = RandAugment.Argument(kind, magnitude.GetDouble(), isSigned ? sign.GetInt32() : 1);
                    Assert.AreEqual(@case.GetProperty("argument").GetDouble(), argument, $"{kind}");
                }
                Check(
                    image.GetProperty("bytes_base64").GetBytesFromBase64(), image.GetProperty("width").GetInt32(),
                    [new PixelOperation(kind, argument)], _imageNetMean, @case.GetProperty("sha256").GetString(), $"{kind} of {name}");
                checkedKinds.Add(kind);
            }
        }
        CollectionAssert.AreEquivalent(RandAugment.Kinds.ToList(), checkedKinds.ToList());
    }

    [TestMethod]
    [DynamicData(nameof(JitterFiles))]
    public void TheColorsAreJitteredAsTorchvisionDoesOneByOneAndInTurn(string? file)
    {
        var golden = GoldenFiles.Read(file);
        var image = golden.GetProperty("image");
        var (pixels, width) = (image.GetProperty("bytes_base64").GetBytesFromBase64(), image.GetProperty("width").GetInt32());
        foreach (var @case in golden.GetProperty("cases").EnumerateArray())
        {
            var operation = new PixelOperation(Kind(@case.GetProperty("op").GetString()!), @case.GetProperty("factor").GetDouble());
            Check(pixels, width, [operation], _black, @case.GetProperty("pil").GetProperty("sha256").GetString(), $"{operation}");
        }
        string[] names = ["brightness", "contrast", "saturation", "hue"];
        foreach (var chain in golden.GetProperty("chains").EnumerateArray())
        {
            var operations = chain.GetProperty("order").EnumerateArray().Select(index => names[index.GetInt32()])
                .Select(name => new PixelOperation(Kind(name), chain.GetProperty(name).GetDouble()));
            Check(pixels, width, operations, _black, chain.GetProperty("sha256").GetString(), $"{chain.GetProperty("order")}");
        }
    }

    /// <summary>Hashes of what Pillow 9.4's ImageFilter.GaussianBlur makes of the formula's byte images 0 (40x33) and 1 (64x64).</summary>
    [TestMethod]
    [DataRow(0, 40, 33, 0.1, "7d4e1871e5bbdcef0bce3311835aecc80f3ce64002e15dda65f8ca558cc67135")]
    [DataRow(0, 40, 33, 0.37, "3ea9098157bd611e21c8c52e4a08b9419aa2ec8694333a415c5e3b6ecd543db3")]
    [DataRow(0, 40, 33, 0.8, "aa3347f28aef37f0d68b0c277c8db793dfc58f7f6abd2b44d3c007e1a1d00c8b")]
    [DataRow(0, 40, 33, 1.0, "473725a2d7a6573aa5d436ffd3db4c320255df8469b920de2cd6e6806ae098d3")]
    [DataRow(0, 40, 33, 1.4, "9548aec1deaec974fff8f5efc984b33b01ac8be39ed98c6d7820e4259adb8f3a")]
    [DataRow(0, 40, 33, 2.0, "9b91b4ae43b7af8d2905b55a63ea6e37103e55cddfd302d93437bfd5b357935d")]
    [DataRow(0, 40, 33, 5.3, "a990245440b490e7a9c577e69b2732aca965e88ca493dc3862ed8247cc3c4609")]
    [DataRow(1, 64, 64, 0.1, "c13df1b07a16ee4115b710f5c81a196a16359a5c07ac82a9e3aaf33e90299e87")]
    [DataRow(1, 64, 64, 0.37, "3c3549b8c597f9b18beb1a19be5b1080f5d0a9ea5a7344cc52667dce3f553e11")]
    [DataRow(1, 64, 64, 0.8, "eafcb16755567994fc6b581a5b12dd1a10c2e5881f675dfafbf21f669cf75320")]
    [DataRow(1, 64, 64, 1.0, "dacec81be1f4e89b40e4a2bbe2b4e2e9693da4d9fc133d0a9bcb9c3fa8142d8e")]
    [DataRow(1, 64, 64, 1.4, "2ab787152f9682dde84d227201d2eec5207d6be59816a6f124015ca31f389fbb")]
    [DataRow(1, 64, 64, 2.0, "ac9d823009be8c256104182716422c8e5da1a5c7685a5d42f212c1762d230e6d")]
    [DataRow(1, 64, 64, 5.3, "d1e3cb5cc99f3138fcc8da0ded3969497d004c11f8474b4daefa8cca13274f4b")]
    public void BlursArePillows(int number, int width, int height, double deviation, string pillow) => Check(
        Formula.Rgb(number, height, width), width, [new PixelOperation(PixelOperationKind.GaussianBlur, deviation)], _black, pillow,
        $"{deviation}");

    /// <summary>Hashes of what Pillow 9.4's ImageOps makes of the formula's byte image 1.</summary>
    [TestMethod]
    [DataRow("Grayscale", 0.0, "d89297654dbdc8d2c10b0ee81c15e3cd891c2d7e9fdf93292884044cf90d337f")]
    [DataRow("Solarize", 128.0, "2944f087a5f1301a39375d18e59fc2e1fc1334d2577a650998e2d087bee22181")]
    public void ThreeAugmentsOtherChangesArePillows(string kind, double argument, string pillow) =>
        Check(Formula.Rgb(1, 64, 64), 64, [new PixelOperation(Kind(kind), argument)], _black, pillow, kind);

    [TestMethod]
    [DynamicData(nameof(Sizes))]
    public void EveryOperationTakesImagesOfAnySize(int width, int height)
    {
        foreach (var kind in Enum.GetValues<PixelOperationKind>())
            foreach (var argument in new[] { -1.0, 0, 0.3, 1, 2, 8 })
            {
                var buffer = Formula.Rgb(3, height, width).Append((byte)77).ToArray();

                new PixelOperation(kind, argument).Apply(new PixelSpan(buffer, width, height), _black);

                Assert.AreEqual(77, buffer[^1], $"{kind} writes beyond the image");
            }
    }

    public static IEnumerable<object[]> Sizes => [[1, 1], [1, 5], [5, 1], [2, 2], [7, 3]];

    private static PixelOperationKind Kind(string name) => name switch
    {
        "TranslateXRel" => PixelOperationKind.TranslateX,
        "TranslateYRel" => PixelOperationKind.TranslateY,
        "saturation" => PixelOperationKind.Color,
        _ => Enum.Parse<PixelOperationKind>(name, ignoreCase: true),
    };

    private static void Check(
        byte[] pixels, int width, IEnumerable<PixelOperation> operations, RgbColor fill, string? expected, string what)
    {
        var changed = pixels.ToArray();
        foreach (var operation in operations)
            operation.Apply(new PixelSpan(changed, width, pixels.Length / 3 / width), fill);
        Assert.AreEqual(expected, Convert.ToHexStringLower(SHA256.HashData(changed)), what);
    }
}
