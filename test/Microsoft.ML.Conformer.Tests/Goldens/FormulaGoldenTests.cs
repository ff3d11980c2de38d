using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>The formula that all other goldens build on, against every value of formula_probe.json.</summary>
[TestClass]
public sealed class FormulaGoldenTests
{
    public static IEnumerable<object?[]> Probes => GoldenFiles.Named("formula_probe.json").Cases();

    [TestMethod]
    [DynamicData(nameof(Probes))]
    public void TheFormulaGivesEveryProbedValue(string? file)
    {
        foreach (var group in GoldenFiles.Read(file).EnumerateObject())
            if (group.Name == "image3_61x63")
                CheckValues(group.Value, Formula.Image(3, 61, 63), (61, 63), group.Name);
            else
                foreach (var probe in group.Value.EnumerateObject())
                    Check(group.Name, probe.Name, probe.Value);
    }

    [TestMethod]
    public void FactorsOfOneTensorCompoundAndEachProductIsRounded()
    {
        var shapes = new Dictionary<string, long[]> { ["a.bias"] = [64], ["b.bias"] = [64] };
        var plain = new FormulaWeights(shapes);
        var multiplied = new FormulaWeights(shapes).Multiply("*.bias", 1e-3).Multiply("a.bias", 3.3);

        CollectionAssert.AreEqual(
            plain.Read("a.bias").Select(value => (float)((float)(value * 1e-3) * 3.3)).ToArray(), multiplied.Read("a.bias"));
        CollectionAssert.AreEqual(plain.Read("b.bias").Select(value => (float)(value * 1e-3)).ToArray(), multiplied.Read("b.bias"));
    }

    private static void Check(string group, string name, JsonElement value)
    {
        var what = $"{group}: {name}";
        switch (group)
        {
            case "fnv1a64":
                Assert.AreEqual(value.GetString(), Formula.Hash(name).ToString("x16", CultureInfo.InvariantCulture), what);
                break;
            case "splitmix_first3":
                CollectionAssert.AreEqual(
                    value.EnumerateArray().Select(number => Convert.ToUInt64(number.GetString(), 16)).ToArray(),
                    Enumerable.Range(0, value.GetArrayLength()).Select(i => Formula.SplitMix(Formula.Hash(name), (ulong)i)).ToArray(),
                    what);
                break;
            case "u_first5":
                CheckUniform(value, name, what);
                break;
            case "u_first5_seed5":
                CheckUniform(value, Formula.Key(name, seed: 5), what);
                break;
            case "Conformer_tiny_patch16":
                var shape = value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64()).ToArray();
                CheckValues(value, Formula.Tensor(name, shape, value.GetProperty("kind").GetString() == "norm_bias"), null, what);
                break;
            case "images_224x224":
                CheckValues(value, Formula.Image(int.Parse(name, CultureInfo.InvariantCulture), 224, 224), (224, 224), what);
                break;
            default:
                Assert.Fail($"{what} is not checked.");
                break;
        }
    }

    private static void CheckUniform(JsonElement expected, string key, string what) => CollectionAssert.AreEqual(
        expected.EnumerateArray().Select(u => u.GetDouble()).ToArray(),
        Enumerable.Range(0, expected.GetArrayLength()).Select(i => Formula.Uniform(Formula.Hash(key), (ulong)i)).ToArray(),
        what);

    private static void CheckValues(JsonElement expected, float[] actual, (int Height, int Width)? image, string what)
    {
        foreach (var fact in expected.EnumerateObject())
        {
            var where = $"{what}: {fact.Name}";
            switch (fact.Name)
            {
                case "kind" or "shape":
                    break;
                case "first5": // nine digits give back the exact fp32 number
                    CollectionAssert.AreEqual(fact.Value.EnumerateArray().Select(v => v.GetSingle()).ToArray(), actual[..5], where);
                    break;
                case "first5_float32_bits":
                    CollectionAssert.AreEqual(
                        fact.Value.EnumerateArray().Select(bits => Convert.ToUInt32(bits.GetString(), 16)).ToArray(),
                        actual[..5].Select(BitConverter.SingleToUInt32Bits).ToArray(),
                        where);
                    break;
                case "sum_f64":
                    var sum = fact.Value.GetDouble();
                    Assert.AreEqual(sum, actual.Sum(v => (double)v), 1e-8 * Math.Abs(sum), where);
                    break;
                case var place when image is { } size && place.Split('_') is [['c', .. var c], ['y', .. var y], ['x', .. var x]]:
                    var index = (int.Parse(c, CultureInfo.InvariantCulture) * size.Height + int.Parse(y, CultureInfo.InvariantCulture))
                        * size.Width + int.Parse(x, CultureInfo.InvariantCulture);
                    Assert.AreEqual(fact.Value.GetSingle(), actual[index], where);
                    break;
                default:
                    Assert.Fail($"{where} is not checked.");
                    break;
            }
        }
    }
}
