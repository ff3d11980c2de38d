namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>The files and folders that are no images or classes, counted by the reason.</summary>
internal sealed class PassedOver
{
    public const string HiddenOrSystem = "hidden or of the system", NoExtension = "no extension and no image inside",
        BrokenLink = "broken link", CircularLink = "link to a folder that holds it",
        LinkedFolder = "link to a folder inside a class", Subfolder = "sub-folder of a class",
        Unreadable = "unreadable", NotUtf8 = "the name is not valid UTF-8 (rename it)", Outside = "outside of the class folders";

    private const int MaxReasons = 8;

    private readonly Dictionary<string, (int Count, string? First)> _reasons = [];

    /// <summary>Counts a file or folder.</summary>
    /// <param name="reason">Why it was passed over: one of the constants, or an extension.</param>
    /// <param name="path">The path, where a user may have to do something about it.</param>
    public void Add(string reason, string? path = null) => Add(reason, 1, path);

    public void Add(PassedOver others)
    {
        foreach (var (reason, (count, first)) in others._reasons)
            Add(reason, count, first);
    }

    /// <summary>One line, such as "passed over: .tif 3, unreadable 1 ('/photos/x.jpg')"; null where nothing was.</summary>
    public string? Describe()
    {
        if (_reasons.Count == 0)
            return null;
        var ordered = _reasons.OrderByDescending(reason => reason.Value.Count).ThenBy(reason => reason.Key, StringComparer.Ordinal)
            .ToList();
        var parts = ordered.Take(MaxReasons).Select(reason => Describe(reason.Key, reason.Value.Count, reason.Value.First)).ToList();
        if (ordered.Count > MaxReasons)
            parts.Add($"for other reasons {ordered.Skip(MaxReasons).Sum(reason => reason.Value.Count)}");
        return $"passed over: {string.Join(", ", parts)}";
    }

    /// <summary>The same for the end of a sentence; empty where nothing was.</summary>
    public string InBrackets() => Describe() is { } line ? $" ({line})" : "";

    private static string Describe(string reason, int count, string? first) =>
        $"{VisibleText.Of(reason)} {count}" + (first is null ? ""
            : count == 1 ? $" ('{VisibleText.Of(first)}')" : $" (the first is '{VisibleText.Of(first)}')");

    private void Add(string reason, int count, string? first)
    {
        var known = _reasons.GetValueOrDefault(reason);
        _reasons[reason] = (known.Count + count, known.First ?? first);
    }
}
