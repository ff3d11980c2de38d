using System.Text;

namespace Microsoft.ML.Conformer.Weights.Checkpoints;

/// <summary>Text out of an untrusted file, made fit for a message: of bounded length and without control characters.</summary>
internal static class Printable
{
    private const int MaxLength = 120;

    public static string Text(string text)
    {
        var printable = new StringBuilder();
        foreach (var c in text.Length <= MaxLength ? text : text[..MaxLength])
            printable.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        return text.Length <= MaxLength ? printable.ToString() : printable.Append("...").ToString();
    }

    /// <summary>"[36, 12]"; "[]" for a scalar.</summary>
    public static string Shape(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
