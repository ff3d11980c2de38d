using System.Text.Json;

namespace Conformer.Cli.Runs;

/// <summary>What two runs' models said about the same images.</summary>
internal static class RunPredictions
{
    private const int MaxBytes = 1 << 30;

    /// <summary>McNemar's test of two runs; null where one has not been evaluated, or on other images.</summary>
    public static McNemarTest? Compare(RunFolder first, RunFolder second)
    {
        var (one, other) = (Read(first), Read(second));
        if (one is null || other is null || one.Count != other.Count || one.Keys.Any(path => !other.ContainsKey(path)))
            return null;
        int[] zeros = new int[one.Count];
        return McNemarTest.Of(zeros, [.. one.Keys.Select(path => one[path] ? 0 : 1)], [.. one.Keys.Select(path => other[path] ? 0 : 1)]);
    }

    /// <summary>Whether each image was classified rightly, by its path.</summary>
    private static Dictionary<string, bool>? Read(RunFolder run)
    {
        var path = run.File(RunFolder.EvaluationName);
        if (!File.Exists(path))
            return null;
        try
        {
            using var json = JsonDocument.Parse(PlainFile.ReadAll(path, MaxBytes));
            var right = new Dictionary<string, bool>();
            foreach (var image in json.RootElement.GetProperty("images").EnumerateArray())
                if (image.GetProperty("path").GetString() is { } file && image.GetProperty("label").GetString() is { } label)
                    right[file] = label == image.GetProperty("predicted").GetString();
            return right;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is no evaluation: {VisibleText.Reason(exception)}");
        }
    }
}
