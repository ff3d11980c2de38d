using Microsoft.ML.Conformer.Detection;

namespace Conformer.Server;

/// <summary>What the command line asks for.</summary>
/// <param name="ModelPath">The model, a classifier or a detector: a zip that ML.NET saved, or an ONNX file.</param>
/// <param name="Urls">Where to listen, separated by semicolons; null: as ASP.NET Core is configured.</param>
/// <param name="MaxBatchSize">Images that are scored at once.</param>
/// <param name="Threads">
/// CPU threads that score, and images that are decoded, or objects whose masks are made, at once; null: one for each processor.
/// </param>
/// <param name="Limits">What a request may ask for.</param>
internal sealed record Settings(string ModelPath, string? Urls, int MaxBatchSize, int? Threads, Limits Limits)
{
    /// <summary>
    /// Where a classifier's best probability is below, an image is of none of the classes; null: nothing is said. A detector's objects with
    /// lower scores are left out; null: those below <see cref="DetectionOverlayOptions.DefaultLeastScore"/>.
    /// </summary>
    public float? Threshold { get; init; }

    /// <summary>Other sites whose pages may ask; "*" for all.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>How often the model file is looked at. Notifications would not come from network shares, nor into containers.</summary>
    public TimeSpan ReloadInterval { get; init; } = TimeSpan.FromSeconds(2);
}
