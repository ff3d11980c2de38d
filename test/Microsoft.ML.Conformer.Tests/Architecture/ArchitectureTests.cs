using System.Text.RegularExpressions;

namespace Microsoft.ML.Conformer.Tests.Architecture;

/// <summary>The rules of docs/architecture.md: which folder may use which, what a folder holds, and where its types' names are.</summary>
[TestClass]
public sealed partial class ArchitectureTests
{
    private const int MaxFiles = 14;

    /// <summary>
    /// The folders that have files. Each may use itself and those that stand above it here, and no other: so there is no circle.
    /// </summary>
    private static readonly string[] _order =
    [
        "Microsoft.ML.Conformer.Scoring/Hosting",
        "Microsoft.ML.Conformer.Scoring/Files",
        "Microsoft.ML.Conformer.Scoring/Columns",
        "Microsoft.ML.Conformer.Scoring/Evaluation/Metrics",
        "Microsoft.ML.Conformer.Scoring/Evaluation/Charts",
        "Microsoft.ML.Conformer.Scoring/Data/Images",
        "Microsoft.ML.Conformer.Scoring/Data/Images/Operations",
        "Microsoft.ML.Conformer.Scoring/Data/Decoding",
        "Microsoft.ML.Conformer.Scoring/Data/Distortions",
        "Microsoft.ML.Conformer.Scoring/Data/Folders",
        "Microsoft.ML.Conformer.Scoring/Data/Reading",
        "Microsoft.ML.Conformer.Scoring/Data/Checking/Likeness",
        "Microsoft.ML.Conformer.Scoring/Data/Checking",
        "Microsoft.ML.Conformer.Scoring/Data/Caching",
        "Microsoft.ML.Conformer.Scoring/Networks",
        "Microsoft.ML.Conformer.Scoring/Networks/Conformer",
        "Microsoft.ML.Conformer.Scoring/Networks/ConTNet",
        "Microsoft.ML.Conformer.Scoring/Weights/Checkpoints",
        "Microsoft.ML.Conformer.Scoring/Weights/Torch",
        "Microsoft.ML.Conformer.Scoring/Weights/Safetensors",
        "Microsoft.ML.Conformer.Scoring/Weights/Published",
        "Microsoft.ML.Conformer.Scoring/Weights",
        "Microsoft.ML.Conformer.Scoring/Onnx",
        "Microsoft.ML.Conformer.Scoring/Onnx/Format",
        "Microsoft.ML.Conformer.Scoring/Onnx/Graph/Folding",
        "Microsoft.ML.Conformer.Scoring/Onnx/Graph",
        "Microsoft.ML.Conformer.Scoring/Onnx/Graph/Conformer",
        "Microsoft.ML.Conformer.Scoring/Onnx/Graph/ConTNet",
        "Microsoft.ML.Conformer.Scoring/Onnx/Precision",
        "Microsoft.ML.Conformer.Scoring/Onnx/Sessions",
        "Microsoft.ML.Conformer.Scoring/Onnx/Quantization",
        "Microsoft.ML.Conformer.Scoring/Models",
        "Microsoft.ML.Conformer.Scoring/Models/Loading",
        "Microsoft.ML.Conformer.Scoring/Scoring",
        "Microsoft.ML.Conformer.Scoring/Features",
        "Microsoft.ML.Conformer.Scoring/Explain",
        "Microsoft.ML.Conformer.Scoring/Evaluation/Reports",
        "Microsoft.ML.Conformer.Scoring/Evaluation",
        "Microsoft.ML.Conformer.Scoring/Evaluation/Robustness",
        "Microsoft.ML.Conformer.Scoring/Localization",
        "Microsoft.ML.Conformer.Scoring",
        "Microsoft.ML.Conformer.Detection.Scoring/Boxes",
        "Microsoft.ML.Conformer.Detection.Scoring/Masks",
        "Microsoft.ML.Conformer.Detection.Scoring/Evaluation",
        "Microsoft.ML.Conformer.Detection.Scoring/Rows",
        "Microsoft.ML.Conformer.Detection.Scoring/Data",
        "Microsoft.ML.Conformer.Detection.Scoring/Drawing",
        "Microsoft.ML.Conformer.Detection.Scoring/LabelMaps",
        "Microsoft.ML.Conformer.Detection.Scoring/Networks",
        "Microsoft.ML.Conformer.Detection.Scoring/Weights",
        "Microsoft.ML.Conformer.Detection.Scoring/Images",
        "Microsoft.ML.Conformer.Detection.Scoring/Onnx",
        "Microsoft.ML.Conformer.Detection.Scoring/Models",
        "Microsoft.ML.Conformer.Detection.Scoring/Sessions",
        "Microsoft.ML.Conformer.Detection.Scoring/Scoring",
        "Microsoft.ML.Conformer.Detection.Scoring/Saving",
        "Microsoft.ML.Conformer.Detection.Scoring/Reports",
        "Microsoft.ML.Conformer.Detection.Scoring",
        "Microsoft.ML.Conformer/Columns",
        "Microsoft.ML.Conformer/Torch",
        "Microsoft.ML.Conformer/Augmentation",
        "Microsoft.ML.Conformer/Recipes",
        "Microsoft.ML.Conformer/Batches",
        "Microsoft.ML.Conformer/Distillation",
        "Microsoft.ML.Conformer/Networks/Layers",
        "Microsoft.ML.Conformer/Networks",
        "Microsoft.ML.Conformer/Networks/Conformer",
        "Microsoft.ML.Conformer/Networks/ConTNet",
        "Microsoft.ML.Conformer/Training/Distributed/Collectives",
        "Microsoft.ML.Conformer/Training/Distributed",
        "Microsoft.ML.Conformer/Training/Optimization",
        "Microsoft.ML.Conformer/Training/Checkpoints",
        "Microsoft.ML.Conformer/Training/Losses",
        "Microsoft.ML.Conformer/Training/Transfer",
        "Microsoft.ML.Conformer/Training",
        "Microsoft.ML.Conformer/Training/Classification",
        "Microsoft.ML.Conformer/Training/Records",
        "Microsoft.ML.Conformer/Options",
        "Microsoft.ML.Conformer",
        "Microsoft.ML.Conformer.Detection/Networks",
        "Microsoft.ML.Conformer.Detection/Regions",
        "Microsoft.ML.Conformer.Detection/Losses",
        "Microsoft.ML.Conformer.Detection/Data",
        "Microsoft.ML.Conformer.Detection/Augmentation",
        "Microsoft.ML.Conformer.Detection/Batches",
        "Microsoft.ML.Conformer.Detection/Training",
        "Microsoft.ML.Conformer.Detection",
        "Microsoft.ML.Conformer.AutoML/Images",
        "Microsoft.ML.Conformer.AutoML/Journal",
        "Microsoft.ML.Conformer.AutoML/Pruning",
        "Microsoft.ML.Conformer.AutoML/Trials",
        "Microsoft.ML.Conformer.AutoML",
    ];

    private static readonly House _house = new();

    [ClassCleanup]
    public static void CloseAssemblies() => _house.Dispose();

    [TestMethod]
    public void EachFolderHasItsPlaceInTheOrder() =>
        CollectionAssert.AreEquivalent(_order, _house.Files.Where(House.IsCode).Select(_house.FolderOf).Distinct().ToList());

    [TestMethod]
    public void AFolderUsesNoneThatStandsBelowIt()
    {
        var uses = _house.Types.SelectMany(type => TypeUses.Of(type)
            .SelectMany(use => TypeUses.Parts(use.Used).Select(used => (use.Member, Used: used)))
            .Select(use => (From: _house.FolderOf(type)!, To: _house.FolderOf(use.Used), Words: $"{use.Member} uses {use.Used.FullName}")))
            .ToList();
        Assert.IsTrue(uses.Count > 10_000, $"only {uses.Count} uses were found");

        AssertNone(uses.Where(use => use.To is not null && IsAgainstTheOrder(use.From, use.To))
            .Select(use => $"{use.From} -> {use.To}: {use.Words}"));
    }

    /// <summary>Constants of other types are copied by the compiler, so that the assembly does not show whose they were.</summary>
    [TestMethod]
    public void AFolderNamesNoConstantOfOneThatStandsBelowIt()
    {
        var constants = _house.Types.Where(type => type.Fields.Any(field => field.HasConstant))
            .ToLookup(type => type.Name, type => _house.FolderOf(type)!);
        Assert.IsTrue(constants.Count > 10, $"only {constants.Count} types with constants were found");
        var wrong = new List<string>();
        foreach (var path in _house.Files.Where(House.IsCode))
        {
            var from = _house.FolderOf(path);
            foreach (Match word in MemberAccess().Matches(CommentOrText().Replace(File.ReadAllText(path), "\"\"")))
                if (constants[word.Groups[1].Value] is var owners && owners.Any() && owners.All(owner => IsAgainstTheOrder(from, owner)))
                    wrong.Add($"{from} -> {owners.First()}: {Path.GetFileName(path)} uses {word.Value}");
        }
        AssertNone(wrong);
    }

    [TestMethod]
    public void AFolderHasAtMostFourteenFiles() => AssertNone(
        _house.Files.CountBy(_house.FolderOf).Where(folder => folder.Value > MaxFiles)
            .Select(folder => $"{folder.Key}: {folder.Value} files"));

    /// <summary>A small type may stand in the file of a public one; a file has one namespace.</summary>
    [TestMethod]
    public void InternalTypesHaveTheirFoldersNamespaceAndPublicOnesTheAssemblys()
    {
        var publicFiles = _house.Types.Where(type => type.IsPublic).Select(_house.FileOf).ToHashSet();
        AssertNone(
            from type in _house.Types
            let folder = _house.FolderOf(type)!
            let expected = !publicFiles.Contains(_house.FileOf(type)) ? House.NamespaceOf(folder)
                : type.Name.EndsWith("Catalog", StringComparison.Ordinal) ? "Microsoft.ML" : House.NamespaceOf(folder.Split('/')[0])
            where type.Namespace != expected
            select $"{type.FullName} in {folder}: expected namespace {expected}");
    }

    [TestMethod]
    public void AnAssemblyReferencesNoneThatStandsAboveIt()
    {
        for (var i = 0; i < House.Assemblies.Length; i++)
        {
            var references = _house.Modules[i].AssemblyReferences.Select(reference => reference.Name).ToList();
            CollectionAssert.DoesNotContain(references, House.Assemblies[i]);
            AssertNone(House.Assemblies[(i + 1)..].Intersect(references).Select(above => $"{House.Assemblies[i]} -> {above}"));
        }
        foreach (var scoring in _house.Modules.Where(module => module.Assembly.Name.Name.EndsWith(".Scoring", StringComparison.Ordinal)))
            CollectionAssert.DoesNotContain(scoring.AssemblyReferences.Select(reference => reference.Name).ToList(), "TorchSharp");
    }

    private static bool IsAgainstTheOrder(string from, string to) => Array.IndexOf(_order, from) < Array.IndexOf(_order, to);

    private static void AssertNone(IEnumerable<string> faults)
    {
        var all = faults.Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.AreEqual(0, all.Count, $"{all.Count} faults:{Environment.NewLine}{string.Join(Environment.NewLine, all)}");
    }

    /// <summary>The first two names of a chain.</summary>
    [GeneratedRegex(@"(?<![\w.])([A-Z]\w*)\.[A-Z]\w*")]
    private static partial Regex MemberAccess();

    [GeneratedRegex("""//.*|"(?:[^"\\\n]|\\.)*"|^(?:using|namespace) .*;""", RegexOptions.Multiline)]
    private static partial Regex CommentOrText();
}
