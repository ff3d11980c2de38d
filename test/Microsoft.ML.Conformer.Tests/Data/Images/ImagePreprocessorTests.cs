using System.Security.Cryptography;
using Microsoft.ML.Conformer.Data.Images;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>The expected digests were computed by Pillow 9.4: resize, then crop.</summary>
[TestClass]
public sealed class ImagePreprocessorTests
{
    [TestMethod]
    [DataRow(320, 240, 96, "8939d0c6dae4a5a9db8aecd3bbabcea786e1f45e2ea2ebebcc1a1926b1d47f7e")]
    [DataRow(241, 333, 96, "00e72d8a4cc50f7ae9bf9894099dc7ab33dd145984649ec44b2600cb73a7bca3")]
    [DataRow(50, 40, 96, "613f472382c222958e8bc0527fa5ee315f75985f02bb3e2e1ae3adcd32895574")]
    [DataRow(4000, 1, 32, "db4b5fdd40282e836828a0aee90f6366ad8bc8700b3f13412a12506193b2be0a")]
    [DataRow(3, 2000, 32, "53c3852720cdc12c227c8e98db9032afeabfcc112eaca97ec8bbf1c182ecfc55")]
    [DataRow(300, 256, 224, "38caf59d57b8d044cba0aed69d5ca4e2845e10c0c9d8d9319948c2ac6a85f368")]
    public void CenterCropEqualsPillows(int width, int height, int size, string pillow)
    {
        var preprocessor = new ImagePreprocessor(size, new());
        var crop = new byte[preprocessor.ByteCount];

        preprocessor.CenterCrop(FormulaImage.Rgb(width, height), crop);

        Assert.AreEqual(pillow, Convert.ToHexStringLower(SHA256.HashData(crop)));
    }

    [TestMethod]
    public void AnImageOfTheNetworksSizeIsTakenAsItIs()
    {
        var image = FormulaImage.Rgb(32, 32);
        var crop = new byte[32 * 32 * 3];

        new ImagePreprocessor(32, new()).CenterCrop(image, crop);

        CollectionAssert.AreEqual(image.Pixels, crop);
    }

    [TestMethod]
    public void NormalizesEachChannelByItsMeanAndDeviation()
    {
        var image = new RgbImage(1, 1, [0, 128, 255]);
        var normalized = new float[3];

        new ImagePreprocessor(1, new()).Preprocess(image, normalized, PixelLayout.Nhwc);

        Assert.AreEqual((0 - 0.485) / 0.229, normalized[0], 1e-6);
        Assert.AreEqual((128 / 255.0 - 0.456) / 0.224, normalized[1], 1e-6);
        Assert.AreEqual((1 - 0.406) / 0.225, normalized[2], 1e-6);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void LayoutsAndFlipsPlaceTheSameValues(bool flip)
    {
        const int size = 5;
        var preprocessor = new ImagePreprocessor(size, new());
        var crop = FormulaImage.Rgb(size, size).Pixels;
        var plain = new float[preprocessor.ByteCount];
        var nhwc = new float[preprocessor.ByteCount];
        var nchw = new float[preprocessor.ByteCount];

        preprocessor.Normalize(crop, plain, PixelLayout.Nhwc);
        preprocessor.Normalize(crop, nhwc, PixelLayout.Nhwc, flip);
        preprocessor.Normalize(crop, nchw, PixelLayout.Nchw, flip);

        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    var source = flip ? size - 1 - x : x;
                    Assert.AreEqual(plain[(y * size + source) * 3 + c], nhwc[(y * size + x) * 3 + c]);
                    Assert.AreEqual(plain[(y * size + source) * 3 + c], nchw[(c * size + y) * size + x]);
                }
            }
        }
    }
}
