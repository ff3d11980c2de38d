using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Training.Optimization;
using Microsoft.ML.Conformer.Training.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training.Transfer;

[TestClass]
public sealed class LayerDecayGoldenTests
{
    private const double Relative = 1e-12;

    public static IEnumerable<object?[]> Files => GoldenFiles.OfKind("layer-lr-decay").Cases();

    [LeakCheckedTestMethod]
    [DynamicData(nameof(Files))]
    public void EachWeightIsInItsLayersGroupWithItsRateAndDecay(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
            Check(golden);
    }

    private static void Check(JsonElement golden)
    {
        using var scope = NewDisposeScope();
        using var network = GoldenArchitecture.CreateNetwork(GoldenArchitecture.Read(golden.GetProperty("constructor")));
        var plan = new TransferPlan(network, new TransferOptions { LayerDecay = golden.GetProperty("layer_decay").GetDouble() });
        using var weights = new FlatWeights(network, plan.RuleOf);
        var variant = golden.GetProperty("variant").GetString();
        var parameters = network.named_parameters().ToDictionary(entry => entry.name, entry => (Tensor)entry.parameter);

        Assert.AreEqual(golden.GetProperty("depth").GetInt32() + 2, network.Architecture.LayerCount, variant);
        CollectionAssert.AreEquivalent(
            golden.GetProperty("parameters_name_layer_nodecay").EnumerateArray()
                .Select(row => (row[0].GetString(), row[1].GetInt32(), row[2].GetBoolean())).ToList(),
            parameters.Select(entry => (
                (string?)entry.Key, network.Architecture.LayerOf(entry.Key),
                !network.Architecture.IsDecayed(entry.Key, (int)entry.Value.dim()))).ToList(),
            variant);

        var groups = golden.GetProperty("groups").EnumerateArray().ToList();
        Assert.AreEqual(groups.Count, weights.Groups.Count, variant);
        foreach (var expected in groups)
        {
            var (layer, isDecayed) = (expected.GetProperty("layer").GetInt32(), expected.GetProperty("weight_decay").GetDouble() > 0);
            var names = parameters.Where(entry => network.Architecture.LayerOf(entry.Key) == layer &&
                network.Architecture.IsDecayed(entry.Key, (int)entry.Value.dim()) == isDecayed).Select(entry => entry.Key).ToList();
            var group = weights.Groups.Single(group => NamesIn(weights, group.Place).Contains(names[0]));
            var what = $"{variant}, layer {layer}, decayed {isDecayed}";

            Assert.AreEqual(isDecayed, group.Rule.IsDecayed, what);
            Assert.AreClose(
                [expected.GetProperty("lr_scale").GetDouble(), expected.GetProperty("lr").GetDouble()],
                [group.Rule.RateScale, golden.GetProperty("lr").GetDouble() * group.Rule.RateScale], 0, what, Relative);
            CollectionAssert.AreEquivalent(names, NamesIn(weights, group.Place), what);
            Assert.AreEqual(expected.GetProperty("tensors").GetInt32(), names.Count, what);
            Assert.AreEqual(expected.GetProperty("values").GetInt64(), names.Sum(name => parameters[name].numel()), what);
        }
    }

    private static List<string> NamesIn(FlatWeights weights, FlatWeights.Span place)
    {
        using var scope = NewDisposeScope();
        var mark = zeros_like(weights.Values);
        place.Of(mark).fill_(1);
        return [.. weights.Named(mark).Where(entry => entry.Value.min().ToDouble() == 1).Select(entry => entry.Key)];
    }
}
