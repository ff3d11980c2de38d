using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Training.Optimization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

[TestClass]
public sealed partial class WeightAverageTests
{
    /// <summary>A unit in the last place of values from 2 to 4: a fused multiply-add rounds once less than the reference.</summary>
    private const double LastPlace = 2.4e-7;

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("model-ema").Cases();

    [LeakCheckedTestMethod]
    [DynamicData(nameof(Files))]
    public void WeightsAndStatisticsFollowTimmsAverageAndCountersHaveNone(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
            Check(golden);
    }

    private static void Check(JsonElement golden)
    {
        var name = golden.GetProperty("name").GetString();
        // As in: w_t[i] = float32(2.0 * u("emb:w:t", i)), b_t[i] = |float32(2.0 * u("emb:b:t", i))|
        var formula = FormulaOfValues().Match(golden.GetProperty("values").GetString()!);
        var scale = double.Parse(formula.Groups["scale"].Value, System.Globalization.CultureInfo.InvariantCulture);
        using var scope = NewDisposeScope();
        using var network = new FewWeights(golden.GetProperty("elements").GetInt64());
        Fill(0, golden.GetProperty("start_model_counter").GetInt64());
        Within(0, golden.GetProperty("start_w"), network.w, "w at the start");
        using var weights = new FlatWeights(network, (_, _) => false);
        using var average = new WeightAverage(weights, golden.GetProperty("decay").GetDouble());

        foreach (var state in golden.GetProperty("trajectory").EnumerateArray())
        {
            var (step, counter) = (state.GetProperty("step").GetInt32(), state.GetProperty("counter").GetInt64());
            Fill(step, counter);
            average.Update();

            var averages = weights.Named(average.Values);
            Within(LastPlace, state.GetProperty("ema_w"), averages["w"], $"average of w after step {step}");
            Within(LastPlace, state.GetProperty("ema_b"), averages["b"], $"average of b after step {step}");
            CollectionAssert.DoesNotContain(averages.Keys, "counter", name);
        }
        Within(0, golden.GetProperty("trajectory").EnumerateArray().Last().GetProperty("w"), network.w, "w at the end");

        void Fill(int step, long counter)
        {
            using var noGrad = no_grad();
            network.w.copy_(Values("w", step));
            network.b.copy_(Values("b", step).abs());
            network.counter.fill_(counter);
        }

        Tensor Values(string tensorName, int step)
        {
            var hash = Formula.Hash($"{formula.Groups["key"].Value}:{tensorName}:{step}");
            var values = Enumerable.Range(0, (int)network.w.numel()).Select(i => (float)(scale * Formula.Uniform(hash, (ulong)i)));
            return tensor(values.ToArray());
        }

        void Within(double tolerance, JsonElement expected, Tensor actual, string what) => Assert.AreClose(
            expected.Numbers().Select(value => (float)value), actual.Values(), tolerance, $"{name}: {what}");
    }

    [GeneratedRegex("""^w_t\[i\] = float32\((?<scale>[\d.]+) \* u\("(?<key>\w+):w:t", i\)\)""")]
    private static partial Regex FormulaOfValues();

    /// <summary>A parameter, a statistic and a counter.</summary>
    private sealed class FewWeights : nn.Module
    {
        public readonly Parameter w;
        public readonly Tensor b, counter;

        public FewWeights(long elements) : base(nameof(FewWeights))
        {
            w = nn.Parameter(zeros(elements));
            b = zeros(elements);
            counter = zeros(1, ScalarType.Int64).squeeze();
            RegisterComponents();
        }
    }
}
