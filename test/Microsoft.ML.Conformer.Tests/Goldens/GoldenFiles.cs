using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>
/// Finds reference numbers: in the folder that the environment variable CONFORMER_GOLDENS names, by default shared/goldens beside the
/// repository. Tests take every file of a kind that is there, and are inconclusive where there is none.
/// </summary>
internal static class GoldenFiles
{
    public const string Variable = "CONFORMER_GOLDENS";

    public static string? Folder { get; } = Find();

    /// <summary>All JSON files below the folder whose "kind" is the given one.</summary>
    public static IReadOnlyList<string> OfKind(string kind) =>
        Folder is null ? [] : [.. Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
            .Where(path => HasKind(path, kind)).Order(StringComparer.Ordinal)];

    /// <summary>All files below the folder whose name fits the pattern.</summary>
    public static IReadOnlyList<string> Named(string pattern) =>
        Folder is null ? [] : [.. Directory.EnumerateFiles(Folder, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public static JsonElement Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    /// <summary>Ends the test as inconclusive where nothing was found, saying how to supply the files.</summary>
    public static IReadOnlyList<string> OrInconclusive(this IReadOnlyList<string> files)
    {
        if (files.Count == 0)
            Assert.Inconclusive($"No such golden files in '{Folder ?? "(none)"}'; set {Variable} to the folder that holds them.");
        return files;
    }

    private static bool HasKind(string path, string kind)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("kind", out var value)
            && value.ValueKind == JsonValueKind.String
            && value.GetString() == kind;
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return Directory.Exists(named) ? named : null;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (folder.GetFiles("Microsoft.ML.Conformer.sln").Length > 0)
            {
                var beside = Path.Combine(folder.FullName, "..", "shared", "goldens");
                return Directory.Exists(beside) ? Path.GetFullPath(beside) : null;
            }
        return null;
    }
}
