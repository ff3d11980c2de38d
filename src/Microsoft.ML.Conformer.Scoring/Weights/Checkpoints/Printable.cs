namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>Text out of an untrusted file, made fit for a message: of bounded length and without control characters.</summary>
internal static class Printable
{
    private const int MaxLength = 120;

    public static string Text(string text)
    {
        var printable = text.Take(MaxLength).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        return string.Concat(printable) + (text.Length > MaxLength ? "..." : "");
    }

    /// <summary>"[36, 12]"; "[]" for a scalar.</summary>
    public static string Shape(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
