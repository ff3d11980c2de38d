using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>
/// A manifest.json that lists checkpoint files beside it: good ones with the logits they give, or bad ones with what to expect.
/// </summary>
internal sealed class CheckpointManifest
{
    private readonly string _path;

    private CheckpointManifest(string path)
    {
        _path = path;
        Root = GoldenFiles.Read(path);
    }

    public JsonElement Root { get; }

    /// <summary>The manifests of sound checkpoints.</summary>
    public static IReadOnlyList<CheckpointManifest> Good() => Of(root => root.TryGetProperty("expected_logits", out _));

    /// <summary>The manifests of damaged and hostile files, which say what is wrong with each. (Other networks' expect results.)</summary>
    public static IReadOnlyList<CheckpointManifest> Bad() => Of(root => root.TryGetProperty("files", out var files)
        && files.EnumerateObject().Any(file => file.Value.TryGetProperty("expect", out _) && file.Value.TryGetProperty("what", out _)));

    /// <summary>The manifest's folder.</summary>
    public string Folder => Path.GetDirectoryName(_path)!;

    public ConformerArchitecture Architecture => GoldenArchitecture.Read(Root.GetProperty("constructor"));

    /// <summary>The architecture with as many classes as a file's expected logits have.</summary>
    public ConformerArchitecture ArchitectureOf(JsonElement file) => Architecture with
    {
        NumClasses = Root.GetProperty("expected_logits").GetProperty(file.GetProperty("logits").GetString()!)
            .GetProperty("conv_cls")[0].GetArrayLength(),
    };

    /// <summary>The files and what the manifest says about each.</summary>
    public IEnumerable<(string Path, JsonElement Facts)> Files() => Root.GetProperty("files").EnumerateObject()
        .Select(file => (Path.Combine(Folder, file.Name), file.Value));

    private static IReadOnlyList<CheckpointManifest> Of(Func<JsonElement, bool> kind)
    {
        var paths = GoldenFiles.Named("manifest.json").Where(path =>
            GoldenFiles.Read(path) is { ValueKind: JsonValueKind.Object } root && kind(root)).ToList();
        return [.. ((IReadOnlyList<string>)paths).OrInconclusive().Select(path => new CheckpointManifest(path))];
    }
}
