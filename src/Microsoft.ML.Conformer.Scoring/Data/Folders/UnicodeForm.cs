using System.Text;

namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>
/// Names of classes in Unicode form C: an accented letter is one character, as keyboards write it, or two, as macOS stored it for long, and
/// a class is the same either way.
/// </summary>
internal static class UnicodeForm
{
    /// <summary>Where an app runs with InvariantGlobalization, .NET has no Unicode data and gives names back as they are.</summary>
    private static readonly bool _isKnown = "e\u0301".Normalize() == "\u00E9";

    public static string C(string name)
    {
        try
        {
            return name.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            return name; // it has a code point that is no character
        }
    }

    /// <summary>A sentence where classes may be the same and .NET cannot tell; otherwise empty.</summary>
    public static string Hint(IEnumerable<string> classes) => !_isKnown && classes.Any(name => !Ascii.IsValid(name))
        ? " Names that differ in Unicode form are not known to be the same here, as the app runs with InvariantGlobalization."
        : "";
}
