using System.Text.RegularExpressions;

namespace Conformer.Cli;

/// <summary>The library's messages in the words of the command: its options have other names, and there are no columns.</summary>
internal static partial class CommandWords
{
    private static readonly (string OfLibrary, string OfCommand)[] _words =
    [
        ("path is '", "it is '"), // the argument's name stands before it
        ("; LoadObjectDetector opens it.", "; `conformer detect` takes it."),
        ("; LoadImageSegmenter opens it.", "; the command does not take such."),
        (" LoadObjectDetector opens detectors, LoadImageSegmenter networks for segmentation.", " `conformer detect` takes detectors."),
        (" It cannot be evaluated (column 'ImagePath').", " --skip-bad-images leaves such images out."),
        (" It cannot be scored (column 'ImagePath').", " --skip-bad-images leaves such images out."),
        ("set --strict-weights to false", "give --strict-weights false"),
        (" (column 'ImagePath')", ""),
        (" (column 'Label')", ""),
        ("by BadImagePolicy.Skip", "by --skip-bad-images"),
        (", or null", ""),
        ("et Distributed to Off", "et --distributed to off"),
        ("set Device to Cuda to learn why a rank has no GPU, or to Cpu", "give --device cuda to learn why a rank has no GPU, or cpu"),
        ("leave MLContext.GpuDeviceId unset, and let", "and let"),
        ("set Device to Cpu", "set --device to cpu"),
        (" is null:", " is not given:"),
        ("Leave the row out, or name the label of images of none of the classes in ImageEvaluationOptions.NoneLabel.",
            "Leave its images out, or name it with --none-label if they are of none of the classes."),
    ];

    private static readonly Dictionary<string, string> _options =
        TrainerOptions.All.Select(one => (one.LibraryName, one.Option.Name))
            .Concat(DetectorOptions.All.Select(one => (one.LibraryName, one.Option.Name)))
            .DistinctBy(one => one.LibraryName).ToDictionary(one => one.LibraryName, one => one.Name);

    public static string Of(string message) => _words.Aggregate(
        OptionName().Replace(ParameterName().Replace(message, ""), match => _options.GetValueOrDefault(match.Value, match.Value)),
        (text, word) => text.Replace(word.OfLibrary, word.OfCommand, StringComparison.Ordinal));

    /// <summary>What .NET appends to the messages of ArgumentExceptions, which others may quote.</summary>
    [GeneratedRegex(@"(\.(?= \(Parameter '\w+'\)\.))? \(Parameter '\w+'\)")]
    private static partial Regex ParameterName();

    /// <summary>
    /// What may be an option's name: of several words, or of one that a value or a fault follows. What others wrote, such as a path, stands
    /// between quotation marks, slashes or dots; a dot may end the sentence.
    /// </summary>
    [GeneratedRegex(@"(?<![\w'/\\.-])(?:(?:Augmentation|Transfer|Validation)\.)?[A-Z][a-z]+(?:(?:[A-Z][a-z]+)+(?![\w'/\\-]|\.\S)|(?=:| is | must ))")]
    private static partial Regex OptionName();
}
