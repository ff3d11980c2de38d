namespace Microsoft.ML.Conformer;

/// <summary>Something that CheckImageFolder found.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Severity">How serious it is; follows from the kind.</param>
/// <param name="Files">
/// The images that it concerns, in the order of the parts, the classes and the paths; none where it concerns a class.
/// </param>
/// <param name="Message">The reason, in words: one line, fit for a terminal whatever the files and classes are called.</param>
public sealed record ImageFinding(
    ImageFindingKind Kind, ImageFindingSeverity Severity, IReadOnlyList<CheckedImage> Files, string Message)
{
    internal ImageFinding(ImageFindingKind kind, IReadOnlyList<CheckedImage> files, string message)
        : this(kind, FindingKindInfo.Of(kind).Severity, files, message)
    {
    }
}

/// <summary>An image that was looked at.</summary>
/// <param name="Path">The full path, as it is; it may hold any character that the file system allows.</param>
/// <param name="Class">The class's name, in Unicode form C.</param>
/// <param name="Part">"training", "validation" or "test".</param>
public sealed record CheckedImage(string Path, string Class, string Part);
