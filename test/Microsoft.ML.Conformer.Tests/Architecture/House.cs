using System.Reflection;
using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Microsoft.ML.Conformer.Tests.Architecture;

/// <summary>The library as it is built and as it is written: its assemblies, and the folder of src in which each type stands.</summary>
internal sealed partial class House : IDisposable
{
    private const string Root = "Microsoft.ML.Conformer";

    /// <summary>The assemblies, which are the folders of src; each may use those before it.</summary>
    public static readonly string[] Assemblies = [$"{Root}.Scoring", $"{Root}.Detection.Scoring", Root, $"{Root}.Detection", $"{Root}.AutoML"];

    /// <summary>The file of each type that is no other type's part, by its name with namespace and without arity.</summary>
    private readonly Dictionary<string, string> _files = [];

    public House()
    {
        var metadata = typeof(House).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().ToDictionary(a => a.Key, a => a.Value!);
        Source = metadata["Source"];
        Modules = [.. Assemblies.Select(name => ModuleDefinition.ReadModule(
            Path.Combine(Source, name, metadata["SourceOutput"], $"{name}.dll")))];
        Files = [.. Assemblies.SelectMany(name => Directory.EnumerateFiles(Path.Combine(Source, name), "*", SearchOption.AllDirectories))
            .Where(path => !BuildOutput().IsMatch(path)).Order(StringComparer.Ordinal)];
        foreach (var path in Files.Where(IsCode))
        {
            var text = File.ReadAllText(path);
            var space = Namespace().Match(text).Groups[1].Value;
            foreach (Match type in Declaration().Matches(text))
                _files[$"{space}.{type.Groups[1].Value}"] = path;
        }
    }

    public string Source { get; }

    public IReadOnlyList<ModuleDefinition> Modules { get; }

    /// <summary>All files of src but build output.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The types that stand in a file of src, without the types in them.</summary>
    public IEnumerable<TypeDefinition> Types => Modules.SelectMany(module => module.Types).Where(type => FolderOf(type) is not null);

    public static bool IsCode(string path) => path.EndsWith(".cs", StringComparison.Ordinal);

    /// <summary>A file's folder, relative to src, with slashes: Microsoft.ML.Conformer.Scoring/Data/Images.</summary>
    public string FolderOf(string path) => Path.GetRelativePath(Source, Path.GetDirectoryName(path)!).Replace('\\', '/');

    /// <summary>
    /// The folder of the file that declares a type, or the type around it, which closures have too. Null of other assemblies' types and of
    /// those that the compiler makes for itself. A type that a tool generates counts for the folder that its namespace names.
    /// </summary>
    public string? FolderOf(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        if (FileOf(type) is { } file)
            return FolderOf(file);
        return Modules.Any(module => module.GetType(type.FullName) is not null)
            ? _files.Values.Select(FolderOf).FirstOrDefault(folder => NamespaceOf(folder) == type.Namespace)
            : null;
    }

    /// <summary>The file that declares a type, null where none does.</summary>
    public string? FileOf(TypeReference type) => _files.GetValueOrDefault($"{type.Namespace}.{type.Name.Split('`')[0]}");

    /// <summary>The namespace of a folder's internal types; what only scores shares that of what trains.</summary>
    public static string NamespaceOf(string folder)
    {
        var rooms = folder.Split('/');
        return string.Join('.', [rooms[0].Replace(".Scoring", "", StringComparison.Ordinal), .. rooms[1..]]);
    }

    public void Dispose()
    {
        foreach (var module in Modules)
            module.Dispose();
    }

    [GeneratedRegex(@"[\\/](bin|obj|buildTransitive)[\\/]")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^(?:[a-z]+ )*(?:class|struct|enum|interface|record|delegate [^(=]+?) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
