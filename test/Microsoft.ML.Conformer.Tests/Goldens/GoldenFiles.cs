using System.Text.Json;

namespace Microsoft.ML.Conformer.Tests.Goldens;

/// <summary>
/// Finds reference numbers: in the folder that the environment variable CONFORMER_GOLDENS names, by default shared/goldens beside the
/// repository, else the small ones that are in it. Each file is a test case of its own; a test is inconclusive where none is its kind.
/// </summary>
internal static class GoldenFiles
{
    public const string Variable = "CONFORMER_GOLDENS";

    private static readonly Lazy<ILookup<string, string>> _byKind = new(() => All().ToLookup(KindOf));

    public static string Folder { get; } = Find();

    /// <summary>The JSON files of one kind, by their paths in the folder.</summary>
    public static IEnumerable<string> OfKind(string kind) => _byKind.Value[kind];

    /// <summary>The files whose name fits the pattern, by their paths in the folder.</summary>
    public static IEnumerable<string> Named(string pattern) => Directory.EnumerateFiles(Folder, pattern, SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal);

    /// <summary>Test cases of one file each, for DynamicData; a single one without a file where there is none.</summary>
    public static IEnumerable<object?[]> Cases(this IEnumerable<string> files) =>
        files.Select(file => new object?[] { file }).DefaultIfEmpty([null]);

    /// <summary>The path of a test case's file; ends the test as inconclusive where it has none, saying how to supply files.</summary>
    public static string PathOf(string? file)
    {
        if (file is null)
            Assert.Inconclusive($"There are no such golden files in '{Folder}'; set {Variable} to a folder that has them.");
        return Path.Combine(Folder, file);
    }

    public static JsonElement Read(string? file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(file)));
        return document.RootElement.Clone();
    }

    /// <summary>The numbers in nested lists, row by row.</summary>
    public static IEnumerable<double> Numbers(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().SelectMany(Numbers) : [element.GetDouble()];

    private static IEnumerable<string> All() => Named("*.json");

    private static string KindOf(string file) =>
        Read(file) is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("kind", out var kind)
            && kind.ValueKind == JsonValueKind.String ? kind.GetString()! : "";

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return named;
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder.GetFiles("Microsoft.ML.Conformer.sln").Length == 0)
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"The tests run outside of the repository; set {Variable}.");
        var beside = Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "goldens"));
        return Directory.Exists(beside)
            ? beside
            : Path.Combine(folder.FullName, "test", "Microsoft.ML.Conformer.Tests", "Goldens", "Files");
    }
}
