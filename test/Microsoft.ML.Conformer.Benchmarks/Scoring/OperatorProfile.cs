using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Tests.Support;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>Where ONNX Runtime spends the time of scoring: its own profile, summed by operator.</summary>
internal static class OperatorProfile
{
    private const int Success = 0, WarmUps = 3, Runs = 15;

    /// <summary>
    /// Options, each with a value: --variant Tiny, --size 224, --batch 1, --precision Float32, --threads 2, --by operator (or node).
    /// </summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var size = given.Number("--size", 224);
        var model = ScoringModels.Onnx(
            UntrainedModel.Of(UntrainedModel.Architecture(given), size), size, given.Choice("--precision", OnnxPrecision.Float32));
        foreach (var (name, milliseconds, count) in Times(
            model, size, given.Number("--batch", 1), given.Number("--threads", 2), byNode: given.Text("--by", "operator") == "node"))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{milliseconds,8:0.00} ms  {count,4} x  {name}"));
        return Success;
    }

    /// <summary>The milliseconds of one run and the nodes run in it, by operator, the largest first; the first is the whole run.</summary>
    public static List<(string Name, double Milliseconds, int Count)> Times(
        byte[] model, int imageSize, int batch, int threads, bool byNode = false)
    {
        using var folder = new TemporaryFolder();
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            ProfileOutputPathPrefix = folder.File("profile"), // before profiling is turned on, which takes it
            EnableProfiling = true,
        };
        using var session = new InferenceSession(model, options);
        using var images = ScoringModels.Noise(batch, imageSize, seed: 3);
        using var run = new RunOptions();
        for (var i = 0; i < WarmUps + Runs; i++)
            session.Run(run, [GraphNames.Input], [images], [GraphNames.Score]).Dispose();
        using var profile = JsonDocument.Parse(File.ReadAllBytes(session.EndProfiling()));
        var nodes = profile.RootElement.EnumerateArray()
            .Where(e => e.GetProperty("cat").GetString() == "Node" &&
                e.GetProperty("name").GetString()!.EndsWith("_kernel_time", StringComparison.Ordinal))
            .Select(e => (Name: Name(e), Time: e.GetProperty("dur").GetInt64() / 1000.0))
            .ToList();
        var perRun = nodes.Count / (WarmUps + Runs);
        var measured = nodes.Skip(WarmUps * perRun).ToList();
        return
        [
            ("all", measured.Sum(node => node.Time) / Runs, perRun),
            .. measured.GroupBy(node => node.Name)
                .Select(group => (group.Key, group.Sum(node => node.Time) / Runs, group.Count() / Runs))
                .OrderByDescending(entry => entry.Item2),
        ];

        string Name(JsonElement e)
        {
            var args = e.GetProperty("args");
            var operation = args.GetProperty("op_name").GetString()!;
            return byNode ? $"{operation} {e.GetProperty("name").GetString()} {args.GetProperty("output_type_shape")}" : operation;
        }
    }
}
