using System.Text.Json;
using Microsoft.ML.Conformer.Evaluation.Metrics;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Evaluation.Metrics;

/// <summary>A case of a golden file of the kind classification-metrics: the logits of two heads, the true classes, what follows.</summary>
internal sealed class MetricsGolden
{
    private readonly JsonElement _case;

    private MetricsGolden(JsonElement @case)
    {
        _case = @case;
        Labels = [.. @case.GetProperty("labels").Numbers().Select(label => (int)label)];
    }

    /// <summary>Test cases: file and name of each case.</summary>
    public static IEnumerable<object?[]> Cases => GoldenFiles.OfKind("classification-metrics")
        .SelectMany(file => CasesOf(file).Select(@case => new object?[] { file, @case.GetProperty("name").GetString() }))
        .DefaultIfEmpty([null, null]);

    /// <summary>Test cases: file, name and head.</summary>
    public static IEnumerable<object?[]> Heads =>
        Cases.SelectMany(one => new[] { "conv", "tran", "sum" }.Select(head => (object?[])[.. one, head]));

    public int[] Labels { get; }

    public int ClassCount => Rows("conv")[0].Length;

    public JsonElement this[string name] => _case.GetProperty(name);

    public static MetricsGolden Open(string? file, string? name)
    {
        GoldenFiles.PathOf(file);
        return new MetricsGolden(CasesOf(file!).Single(@case => @case.GetProperty("name").GetString() == name));
    }

    public JsonElement Expected(string head) => this["heads"].GetProperty(head);

    public double[][] Rows(string head) => head == "sum"
        ? [.. Rows("conv").Zip(Rows("tran"), (left, right) => left.Zip(right, (x, y) => x + y).ToArray())]
        : [.. this[$"logits_{head}"].EnumerateArray().Select(row => row.Numbers().ToArray())];

    public LabeledLogits Logits(string head) => LabeledLogits.Of(Rows(head), Labels, ClassCount);

    public LabeledLogits SinglePrecisionLogits(string head) =>
        LabeledLogits.Of<float>([.. Rows(head).Select(row => Array.ConvertAll(row, value => (float)value))], Labels, ClassCount);

    private static IEnumerable<JsonElement> CasesOf(string file) => GoldenFiles.Read(file).GetProperty("cases").EnumerateArray();
}
