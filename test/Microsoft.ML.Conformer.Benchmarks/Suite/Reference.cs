namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>Other programs beside which ours is measured.</summary>
internal static class Reference
{
    private const string Python = "/usr/bin/python3";

    /// <summary>The official network by PyTorch, as reference.py times it; nothing where it is not asked for.</summary>
    public static IReadOnlyList<Measurement> Of(
        SuiteOptions options, string name, int threads, string what, string variant, int size, int batch) => options.Reference is { } folder
            ? [Script(name, threads, what, "--conformer", folder, "--variant", variant, "--size", $"{size}", "--batch", $"{batch}")]
            : [];

    /// <summary>torchvision's ImageFolder; nothing where no reference is asked for.</summary>
    public static IReadOnlyList<Measurement> Torchvision(SuiteOptions options, string photos, int size, int batch) =>
        options.Reference is null
            ? []
            : [Script("torchvision", options.Threads, "data", "--data", photos, "--size", $"{size}", "--batch", $"{batch}")];

    /// <summary>Throws where the reference cannot run, before anything is measured.</summary>
    public static void Check(SuiteOptions options)
    {
        if (options.Reference is null)
            return;
        if (!File.Exists(Python))
            throw new InvalidOperationException($"--reference needs {Python} with PyTorch.");
        var modules = options.Has("data") ? "torch, torchvision, PIL" : "torch";
        _ = new Measurement($"import {modules}", Python, ["-c", $"import {modules}"], options.Threads).Output();
    }

    private static Measurement Script(string name, int threads, params IReadOnlyList<string> arguments) => new(
        name, Python, [Path.Combine(AppContext.BaseDirectory, "Suite", "reference.py"), .. arguments, "--turns", "true"], threads);
}
