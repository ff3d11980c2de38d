using Conformer.Cli.Sweeping;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class SweptValuesTests
{
    [TestMethod]
    public void AreTheTrialsAndNotTheFirstValuesThatATunerPutsBesideThem()
    {
        var trial = Nested(
            ("_pipeline_", Nested(("_SCHEMA_", Parameter.FromString("e0")), ("e0", Nested(("BatchSize", Parameter.FromInt(8)))))),
            ("_SCHEMA_", Parameter.FromString("e0")),
            ("e0", Nested(("BatchSize", Parameter.FromInt(32)))));
        Assert.AreEqual("batch-size=8", SweptValues.Describe(trial));
    }

    private static Parameter Nested(params (string Name, Parameter Value)[] members) =>
        Parameter.CreateNestedParameter([.. members.Select(member => KeyValuePair.Create(member.Name, member.Value))]);
}
