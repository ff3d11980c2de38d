using System.CommandLine;

namespace Conformer.Cli.Evaluating;

/// <summary>The options that say how DATA tells what is in its images.</summary>
internal sealed class AnnotationArguments
{
    private readonly Option<AnnotationFormat?> _format = new Option<AnnotationFormat?>("--format")
    {
        Description = "How DATA is laid out. By default what it looks like.",
    };

    private readonly Option<DirectoryInfo> _images = new Option<DirectoryInfo>("--images")
    {
        Description = "The folder with the images that COCO's .json names. By default the .json's own.",
        HelpName = "FOLDER",
    }.AcceptExistingOnly();

    /// <param name="split">What the option --split says, for help.</param>
    /// <param name="takesClasses">Whether images that only have a class may be given, too.</param>
    public AnnotationArguments(string split, bool takesClasses = false)
    {
        _format.OneOf([.. Enum.GetValues<AnnotationFormat>()
            .Where(format => takesClasses || format != AnnotationFormat.Classes).Select(format => ArgumentChecks.WordOf(format))]);
        Split = new Option<string?>("--split") { Description = split, HelpName = "NAME" };
    }

    public Option<string?> Split { get; }

    public IEnumerable<Option> All => [_format, _images, Split];

    /// <summary>Photos whose objects are marked.</summary>
    /// <exception cref="ArgumentException">DATA has none, or an option is given that says nothing of such data.</exception>
    public AnnotatedSource ReadMarked(ParseResult parsed, FileSystemInfo data) =>
        Read(parsed, data) is { Format: not AnnotationFormat.Classes } source ? source : throw new ArgumentException(
            $"DATA is neither COCO's .json nor a folder that looks like Pascal VOC or YOLO; {_format.Name} says which it is.");

    /// <exception cref="ArgumentException">An option is given that says nothing of such data.</exception>
    public AnnotatedSource Read(ParseResult parsed, FileSystemInfo data)
    {
        var split = parsed.GetValue(Split);
        var format = parsed.GetValue(_format) ?? AnnotationFormats.Of(data, split);
        var name = ArgumentChecks.WordOf(format);
        if (parsed.GetValue(_images) is not null && format != AnnotationFormat.Coco)
            throw new ArgumentException($"{_images.Name} is for COCO's .json, and DATA is of the format {name}.");
        if (split is not null && (format is AnnotationFormat.Classes or AnnotationFormat.Coco))
            throw new ArgumentException($"{Split.Name} is for Pascal VOC and YOLO, and DATA is of the format {name}.");
        if (format is AnnotationFormat.Voc or AnnotationFormat.Yolo && data is FileInfo)
            throw new ArgumentException($"{_format.Name} is {name}, for which DATA must be a folder.");
        if (format == AnnotationFormat.Coco && data is DirectoryInfo)
            throw new ArgumentException($"{_format.Name} is {name}, for which DATA must be a .json file.");
        return new AnnotatedSource(format, data.FullName, split, parsed.GetValue(_images)?.FullName);
    }
}
