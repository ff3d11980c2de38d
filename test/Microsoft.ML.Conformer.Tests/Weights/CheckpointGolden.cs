using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;

namespace Microsoft.ML.Conformer.Tests.Weights;

/// <summary>
/// A checkpoint file and the manifest.json beside it, which says what logits a sound one gives, and what to expect of a bad one.
/// </summary>
internal sealed class CheckpointGolden
{
    private CheckpointGolden(string? file)
    {
        Path = GoldenFiles.PathOf(file);
        File = file!;
        Manifest = Beside(file!);
        Facts = Manifest.GetProperty("files").GetProperty(System.IO.Path.GetFileName(Path));
    }

    /// <summary>Test cases: the sound files.</summary>
    public static IEnumerable<object?[]> Good => GoodWith(_ => true);

    /// <summary>Test cases: the damaged and hostile files, of which the manifest says what is wrong.</summary>
    public static IEnumerable<object?[]> Bad => BadWith(_ => true);

    /// <summary>The path in the goldens' folder.</summary>
    public string File { get; }

    public string Path { get; }

    public JsonElement Manifest { get; }

    /// <summary>What the manifest says about the file.</summary>
    public JsonElement Facts { get; }

    /// <summary>The file in words.</summary>
    public string What => Facts.GetProperty("what").GetString()!;

    /// <summary>What the manifest says of the file's network and the images that it was run with.</summary>
    public JsonElement Configuration => Manifest.TryGetProperty("configs", out var configurations)
        ? configurations.GetProperty(Facts.GetProperty("config").GetString()!)
        : Manifest;

    /// <summary>The network of the manifest's sound files, but for the classes that some have.</summary>
    public VisionArchitecture ManifestArchitecture => GoldenArchitecture.Read(Configuration.GetProperty("constructor"));

    /// <summary>A sound file's network: it has as many classes as the file's logits.</summary>
    public VisionArchitecture Architecture => ManifestArchitecture with { NumClasses = Logits[0][0].GetArrayLength() };

    /// <summary>What a sound file gives: each head's logits, in the architecture's order, [image][class].</summary>
    public JsonElement[] Logits
    {
        get
        {
            var logits = Configuration.GetProperty("expected_logits");
            if (logits.ValueKind == JsonValueKind.Array)
                return [logits];
            var heads = logits.GetProperty(Facts.GetProperty("logits").GetString()!);
            return [heads.GetProperty("conv_cls"), heads.GetProperty("tran_cls")];
        }
    }

    /// <param name="file">Of a test case; where it is null, the test ends as inconclusive.</param>
    public static CheckpointGolden Open(string? file) => new(file);

    /// <summary>The sound file from which a bad one was made, or one that is made alike.</summary>
    public static CheckpointGolden GoodBeside(string? bad)
    {
        static string? Collection(string? file) => System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(file));
        var good = Files(IsOfGoodFiles).ToList();
        return Open(good.Find(file => Collection(file) == Collection(bad)) ?? good.FirstOrDefault());
    }

    public static IEnumerable<object?[]> GoodWith(Func<CheckpointGolden, bool> has) =>
        Files(IsOfGoodFiles).Where(file => has(new CheckpointGolden(file))).Cases();

    public static IEnumerable<object?[]> BadWith(Func<CheckpointGolden, bool> has) =>
        Files(IsOfBadFiles).Where(file => has(new CheckpointGolden(file))).Cases();

    private static bool IsOfGoodFiles(JsonElement manifest) =>
        manifest.TryGetProperty("expected_logits", out _) || manifest.TryGetProperty("configs", out _);

    // Manifests of other networks have results to expect, and do not say what a file is.
    private static bool IsOfBadFiles(JsonElement manifest) => manifest.TryGetProperty("files", out var files)
        && files.EnumerateObject().Any(file => file.Value.TryGetProperty("expect", out _) && file.Value.TryGetProperty("what", out _));

    /// <summary>The files that are there, of those that the manifests of a kind list.</summary>
    private static IEnumerable<string> Files(Func<JsonElement, bool> kind) =>
        from manifest in GoldenFiles.Named("manifest.json")
        let root = GoldenFiles.Read(manifest)
        where root.ValueKind == JsonValueKind.Object && kind(root)
        from file in root.GetProperty("files").EnumerateObject()
        let path = manifest.Replace("manifest.json", file.Name)
        where System.IO.File.Exists(GoldenFiles.PathOf(path))
        select path;

    private static JsonElement Beside(string file) => GoldenFiles.Read(file[..^System.IO.Path.GetFileName(file).Length] + "manifest.json");
}
