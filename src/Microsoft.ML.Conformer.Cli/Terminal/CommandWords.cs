using System.Text.RegularExpressions;

namespace Conformer.Cli.Terminal;

/// <summary>The library's messages in the words of the command: its options have other names, and there are no columns.</summary>
internal static partial class CommandWords
{
    private static readonly (string OfLibrary, string OfCommand)[] _words =
    [
        ("path is '", "it is '"), // the argument's name stands before it
        (" It cannot be evaluated (column 'ImagePath').", " --skip-bad-images leaves such images out."),
        (" (column 'Label')", ""),
        ("Leave the row out, or name the label of images of none of the classes in ImageEvaluationOptions.NoneLabel.",
            "Leave its images out, or name it with --none-label if they are of none of the classes."),
    ];

    public static string Of(string message) => _words.Aggregate(
        ParameterName().Replace(message, ""), (text, word) => text.Replace(word.OfLibrary, word.OfCommand, StringComparison.Ordinal));

    /// <summary>What .NET appends to the messages of ArgumentExceptions.</summary>
    [GeneratedRegex(@" \(Parameter '\w+'\)$")]
    private static partial Regex ParameterName();
}
