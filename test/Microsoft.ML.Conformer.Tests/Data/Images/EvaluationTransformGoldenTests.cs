using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Data.Images;

/// <summary>The official evaluation's resizing, cropping and normalization.</summary>
[TestClass]
public sealed class EvaluationTransformGoldenTests
{
    private const double Tolerance = 1e-6;

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("eval-transform").Cases();

    /// <summary>
    /// The official code rounds both sides of the resized image down, ours to the nearest number. So the shorter side is the golden's here,
    /// and images whose longer side differs are left out, as are sizes of 32 and less, which are not resized there.
    /// </summary>
    [TestMethod]
    [DynamicData(nameof(Files))]
    public void CropsAreTheOfficialCodesByteByByteAndNormalizedAlike(string? file)
    {
        var cases = GoldenFiles.Read(file).GetProperty("cases").EnumerateArray()
            .Where(@case => @case.GetProperty("input_size").GetInt32() > 32 && HasOurLongerSide(@case)).ToList();
        Assert.AreNotEqual(0, cases.Count);
        foreach (var @case in cases)
        {
            int Number(string name) => @case.GetProperty(name).GetInt32();
            var (name, size) = (@case.GetProperty("image").GetString()!, Number("input_size"));
            var what = $"{name} at {size}";
            var pixels = Formula.Rgb(int.Parse(name["rgb".Length..]), Number("height"), Number("width"));
            var preprocessor = new ImagePreprocessor(size, new() { CropFraction = (double)size / Number("resize_short_side") });
            var crop = new byte[preprocessor.ByteCount];
            var normalized = new float[preprocessor.ByteCount];

            preprocessor.CenterCrop(new RgbImage(Number("width"), Number("height"), pixels), crop);
            preprocessor.Normalize(crop, normalized, PixelLayout.Nchw);

            Assert.AreEqual(@case.GetProperty("bytes_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(crop)), what);
            var tensor = @case.GetProperty("tensor");
            double[] first = [.. tensor.GetProperty("first").Numbers()], last = [.. tensor.GetProperty("last").Numbers()];
            Assert.AreClose(first, normalized[..first.Length], Tolerance, $"{what}: beginning");
            Assert.AreClose(last, normalized[^last.Length..], Tolerance, $"{what}: end");
            Assert.AreEqual(tensor.GetProperty("mean").GetDouble(), normalized.Average(value => (double)value), Tolerance, $"{what}: mean");
        }
    }

    private static bool HasOurLongerSide(JsonElement @case)
    {
        double[] before = [@case.GetProperty("width").GetInt32(), @case.GetProperty("height").GetInt32()];
        var resized = @case.GetProperty("resized_h_w").Numbers().ToList();
        return resized.Max() == Math.Round(resized.Min() * before.Max() / before.Min());
    }
}
