using System.Security.Cryptography;
using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>The expected bytes and digests were computed by Pillow 9.4 on the same formula images.</summary>
[TestClass]
public sealed class ResamplerTests
{
    [TestMethod]
    public void ShrinksToPillowsBytes()
    {
        byte[] pillow =
        [
            56, 113, 163, 127, 143, 139, 113, 140, 167, 151, 125, 110,
            150, 137, 113, 117, 126, 135, 130, 135, 143, 146, 127, 123,
            99, 147, 136, 159, 133, 127, 143, 144, 134, 161, 128, 117,
        ];

        CollectionAssert.AreEqual(pillow, Resampler.Resize(FormulaImage.Rgb(7, 5), 4, 3, ResamplingKernel.Bicubic).Pixels);
    }

    [TestMethod]
    [DataRow("bicubic", 4, 3, 6, 5, 0.5f, 0.25f, 3.75f, 2.5f, "7f13fb92febbf7bfd078f1e2048f931b25581b49e57f32f2840eb33d417adc60")]
    [DataRow("bicubic", 320, 240, 96, 96, 10f, 5f, 300f, 230f, "c2ae0db1b96ae012503c8e3eb304248a6893e843f7ac278838eec77add4b350d")]
    [DataRow("bicubic", 101, 67, 31, 200, 3.3f, 0.1f, 99.7f, 66.6f, "1fedfa2d5b5410cef14f3ca884b37334dc08cd40d771c35a07f396b0ab0c0556")]
    [DataRow("bicubic", 1200, 37, 17, 37, 0f, 0f, 1200f, 37f, "1aa7ae887bd0b000dd5d9eebba2abaf6cc8ef829bed5ebdd45f78d030b509e3d")]
    [DataRow("bicubic", 2000, 3, 5, 7, 0f, 0f, 2000f, 3f, "54253a6770e098e91277c81bcf63d1b76924c522d4c96e3abac4ebb92f18a478")]
    [DataRow("bicubic", 64, 64, 64, 64, 0f, 0f, 64f, 64f, "b7e9455c55648a4375ab2a0cdcbd2b1eef3a8d7fd5f1295eb865b91626a688aa")]
    [DataRow("bicubic", 33, 21, 50, 60, 0f, 0f, 33f, 21f, "d69ca4c1e9e08872ee02e218a587527f76a48b4666a239f0d6406d35533a29a3")]
    [DataRow("bilinear", 4, 3, 6, 5, 0.5f, 0.25f, 3.75f, 2.5f, "0c7514a8ec3c6dc2f2febf0984b39a254e92d8cb08629ab9f01daf24ab1a1c4a")]
    [DataRow("bilinear", 320, 240, 96, 96, 10f, 5f, 300f, 230f, "8216bcc0284ca0c96c473712d45c59cb26638321ef14d3d2c7b8655529e08e3b")]
    [DataRow("bilinear", 101, 67, 31, 200, 3.3f, 0.1f, 99.7f, 66.6f, "2e701606be75907d0ee3401e53f392ea8f98f273776262fa1008005c8db614de")]
    [DataRow("bilinear", 1200, 37, 17, 37, 0f, 0f, 1200f, 37f, "612e0680a1391b03f7d6d35cc5d9fea8960eee99b46b6dd24a057da689ad60b2")]
    [DataRow("bilinear", 2000, 3, 5, 7, 0f, 0f, 2000f, 3f, "70e75cad34d4181cd0bd671edb41a45a746d392460dd82a6fb7d50950053f6ea")]
    [DataRow("bilinear", 33, 21, 50, 60, 0f, 0f, 33f, 21f, "55d2dfdd41b9fcc92c57b1b9e81785e3990ad3a400721b72f07fcbdecb51d930")]
    public void ResizesABoxToPillowsBytes(
        string filter, int width, int height, int newWidth, int newHeight, float left, float top, float right, float bottom,
        string pillow)
    {
        var kernel = ResamplingKernel.All.Single(kernel => kernel.Name == filter);
        var resized = new byte[newWidth * newHeight * 3];

        Resampler.Resize(
            FormulaImage.Rgb(width, height), new SourceBox(left, top, right, bottom), newWidth, newHeight, kernel, resized);

        Assert.AreEqual(pillow, Convert.ToHexStringLower(SHA256.HashData(resized)));
    }

    [TestMethod]
    public void AWindowEqualsResizingThenCropping()
    {
        var image = FormulaImage.Rgb(83, 61);
        var whole = Resampler.Resize(image, 40, 90, ResamplingKernel.Bicubic);
        var window = new OutputWindow(7, 33, 21, 45);
        var cut = new byte[window.Width * window.Height * 3];

        Resampler.Resize(image, SourceBox.All(image), 40, 90, ResamplingKernel.Bicubic, window, cut);

        for (var y = 0; y < window.Height; y++)
        {
            var expected = whole.Pixels.AsSpan(((window.Top + y) * 40 + window.Left) * 3, window.Width * 3);
            Assert.IsTrue(expected.SequenceEqual(cut.AsSpan(y * window.Width * 3, window.Width * 3)), $"row {y}");
        }
    }

    [TestMethod]
    [DataRow(-1f, 0f, 4f, 4f)]
    [DataRow(0f, 0f, 9f, 4f)]
    [DataRow(2f, 0f, 2f, 4f)]
    [DataRow(0f, float.NaN, 4f, 4f)]
    public void RefusesABoxThatIsNotWithinTheImage(float left, float top, float right, float bottom)
    {
        var box = new SourceBox(left, top, right, bottom);

        var error = Assert.ThrowsExactly<ArgumentException>(
            () => Resampler.Resize(FormulaImage.Rgb(8, 8), box, 4, 4, ResamplingKernel.Bicubic, new byte[48]));

        StringAssert.Contains(error.Message, "8x8");
    }
}
