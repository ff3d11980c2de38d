using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Conformer.Tests.Docs;

[TestClass]
public sealed class SnippetTests
{
    private const string Region = "#region ", EndRegion = "#endregion", Fence = "```";

    [TestMethod]
    public void EveryCSharpSnippetInTheDocsIsCompiled()
    {
        var root = Root();
        var compiled = Regions(File.ReadLines(Path.Combine(root, "test", "Microsoft.ML.Conformer.Tests", "Docs", "Snippets.cs")))
            .ToLookup(region => region.File, region => region.Code);
        var pages = Directory.GetFiles(Path.Combine(root, "docs"), "*.md");
        string[] documents = ["README.md", .. pages.Select(path => "docs/" + Path.GetFileName(path))];
        foreach (var document in documents)
            CollectionAssert.AreEqual(
                Fences(File.ReadLines(Path.Combine(root, document))).ToList(), compiled[document].ToList(),
                $"The C# snippets of {document} are not those of Docs/Snippets.cs.");
    }

    [TestMethod]
    public void EveryFileAndFolderThatTheArchitecturePageNamesIsThere()
    {
        var root = Root();
        var page = File.ReadAllText(Path.Combine(root, "docs", "architecture.md"));
        string[] named = [.. Regex.Matches(page, @"`([A-Z][\w/.]*(?:/|\.cs|\.targets))`").Select(match => match.Groups[1].Value).Distinct()];
        string[] projects = [.. Directory.GetDirectories(Path.Combine(root, "src"))];

        var missing = named.Where(name => !projects.Any(project => Path.Exists(Path.Combine(project, name)))).ToList();

        Assert.IsGreaterThan(20, named.Length);
        Assert.IsEmpty(missing, string.Join(", ", missing));
    }

    /// <summary>The repository's folder.</summary>
    internal static string Root([CallerFilePath] string thisFile = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
        if (!File.Exists(Path.Combine(root, "README.md")))
            Assert.Inconclusive("The sources are not where the tests were compiled.");
        return root;
    }

    private static IEnumerable<(string File, string Code)> Regions(IEnumerable<string> lines)
    {
        string? file = null;
        List<string> code = [];
        foreach (var line in lines)
            if (line.TrimStart().StartsWith(Region, StringComparison.Ordinal))
                (file, code) = (line.TrimStart()[Region.Length..], []);
            else if (line.TrimStart() == EndRegion && file is not null)
            {
                yield return (file, Unindent(code));
                file = null;
            }
            else
                code.Add(line);
    }

    private static IEnumerable<string> Fences(IEnumerable<string> lines)
    {
        List<string>? code = null;
        foreach (var line in lines)
            if (line == Fence + "csharp")
                code = [];
            else if (line == Fence && code is not null)
            {
                yield return Unindent(code);
                code = null;
            }
            else
                code?.Add(line);
    }

    private static string Unindent(List<string> lines)
    {
        var indent = lines.Where(l => l.Length > 0).Min(l => l.Length - l.TrimStart().Length);
        return string.Join('\n', lines.Select(l => l.Length > 0 ? l[indent..] : l));
    }
}
