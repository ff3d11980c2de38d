using Microsoft.ML.Conformer.Modeling;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Modeling;

[TestClass]
public sealed class ConformerLayoutGoldenTests
{
    [TestMethod]
    public void StateDictsEqualTheReferencesInOrder()
    {
        foreach (var golden in EvalGolden.All())
            if (golden.StateDict is { } expected)
                CollectionAssert.AreEqual(
                    expected.Select(e => $"{e.Name} [{string.Join(",", e.Shape)}]").ToList(),
                    ConformerLayout.StateDict(golden.Architecture).Select(t => $"{t.Name} [{string.Join(",", t.Shape)}]").ToList(),
                    golden.ToString());
    }

    [TestMethod]
    public void ParametersAndMacsEqualTheReferences()
    {
        foreach (var golden in EvalGolden.All())
        {
            foreach (var (height, width, conv, linear, attention) in golden.Macs)
            {
                var summary = new ConformerSummary(golden.Architecture, height, width);
                if (golden.ParameterCount is { } count)
                    Assert.AreEqual(count, summary.Parameters, golden.ToString());
                long Of(string kind) => summary.Layers.Where(l => l.Kind == kind).Sum(l => l.Macs);
                Assert.AreEqual(conv, Of("Conv2d"), $"{golden}: convolutions at {height} x {width}");
                Assert.AreEqual(linear, Of("Linear"), $"{golden}: linear layers at {height} x {width}");
                Assert.AreEqual(attention, Of("Attention"), $"{golden}: attention at {height} x {width}");
            }
        }
    }
}
