using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>
/// Reads a folder as the Pascal VOC challenges have it: Annotations/*.xml, one file for each image in JPEGImages, and by choice the list
/// ImageSets/Main/*.txt of those that belong together.
/// </summary>
internal sealed class PascalVocFolder
{
    private const string AnnotationFolder = "Annotations", ImageFolder = "JPEGImages", Extension = ".xml";

    private const int MaxFileBytes = 1 << 22;

    /// <summary>A document type could name other files, and entities that grow without end.</summary>
    private static readonly XmlReaderSettings _settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };

    private readonly string _root;
    private readonly AnnotationFindings _findings = new();

    private PascalVocFolder(string root) => _root = root;

    /// <summary>Reads a folder; images come in the order of their names, or of the list.</summary>
    /// <param name="folder">The folder with Annotations and JPEGImages.</param>
    /// <param name="split">The list's name, such as train, without an extension; null for all images that have annotations.</param>
    /// <param name="classNames">The classes in their order; null for those that occur, in ordinal order.</param>
    /// <exception cref="DirectoryNotFoundException">There is no folder Annotations.</exception>
    /// <exception cref="InvalidDataException">No image can be used, or there is no object.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static AnnotatedImages Read(string folder, string? split, IReadOnlyList<string>? classNames)
    {
        var root = new PascalVocFolder(Path.GetFullPath(folder));
        var images = root.Files(split).Select(root.ReadImage).OfType<VocImage>().ToList();
        var classes = classNames ??
            [.. images.SelectMany(image => image.Objects).Select(one => one.Class).Distinct().Order(StringComparer.Ordinal)];
        if (classes.Count == 0)
            throw new InvalidDataException(
                $"'{VisibleText.OfPath(root._root)}' has no image with objects. {string.Join(" ", root._findings.Describe())}".TrimEnd());
        var indices = classes.Index().ToDictionary(one => one.Item, one => one.Index);
        return new AnnotatedImages(classes, [.. images.Select(image => root.WithObjects(image, indices))], root._findings);
    }

    private IEnumerable<string> Files(string? split)
    {
        var annotations = Path.Combine(_root, AnnotationFolder);
        if (!Directory.Exists(annotations))
            throw new DirectoryNotFoundException($"'{VisibleText.OfPath(_root)}' has no folder {AnnotationFolder}.");
        if (split is null)
            return Directory.EnumerateFiles(annotations, "*" + Extension).Order(StringComparer.Ordinal);
        var list = Path.Combine(_root, "ImageSets", "Main", split + ".txt");
        PlainFile.ThrowIfOther(list);
        using var reader = new BoundedTextReader(list);
        var files = new List<string>();
        // Lists of one class have a second column, which says whether the image has it.
        while (reader.ReadLine() is { } line)
            if (line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var name, ..])
                files.Add(ImageFileNames.FaultOfPath(name) is { } fault
                    ? throw new InvalidDataException($"'{VisibleText.OfPath(list)}': {fault}.")
                    : Path.Combine(annotations, name + Extension));
        return files;
    }

    private VocImage? ReadImage(string file)
    {
        XElement root;
        try
        {
            using var content = new MemoryStream(PlainFile.ReadAll(file, MaxFileBytes));
            using var reader = XmlReader.Create(content, _settings);
            root = XDocument.Load(reader, LoadOptions.SetLineInfo).Root!;
        }
        catch (Exception e) when (e is XmlException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _findings.Add(AnnotationFault.BadImage, file, null, null, VisibleText.Reason(e).TrimEnd('.'));
            return null;
        }
        var name = root.Element("filename")?.Value.Trim();
        var images = Path.Combine(_root, ImageFolder);
        var named = ImageFileNames.FaultOfPath(name) is null ? Path.Combine(images, Path.GetFileName(name!)) : null;
        var path = File.Exists(named) ? named : ImageFileNames.Find(Path.Combine(images, Path.GetFileNameWithoutExtension(file)));
        if (path is null)
        {
            _findings.Add(AnnotationFault.MissingImage, file, name, null, $"it is not in the folder {ImageFolder}");
            return null;
        }
        var size = root.Element("size");
        var (height, width) = (Number(size, "height"), Number(size, "width"));
        // Some tools write no size, or 0.
        var (readHeight, readWidth, fault) = height >= 1 && width >= 1 ? ((int)height, (int)width, null) : ImageFileSize.Of(path);
        if ((fault ?? ImageAnnotations.FaultOfSize(readHeight, readWidth)) is { } reason)
        {
            _findings.Add(AnnotationFault.BadImage, file, Path.GetFileName(path), null, reason);
            return null;
        }
        var image = new ImageAnnotations(path, Path.GetFileName(path), readHeight, readWidth, _findings);
        return new VocImage(file, image, [.. root.Elements("object").Select((one, index) => new VocObject(
            $"object {index + 1} in line {((IXmlLineInfo)one).LineNumber}", one.Element("name")?.Value.Trim() ?? "", BoxOf(one),
            one.Element("difficult")?.Value.Trim() == "1")).Where(one => IsNamed(one, file, image))]);
    }

    private static bool IsNamed(VocObject one, string file, ImageAnnotations image)
    {
        if (one.Class.Length > 0)
            return true;
        image.Tell(AnnotationFault.BadAnnotation, file, one.Place, "it has no name");
        return false;
    }

    /// <summary>The first pixel is number 1, and the last one belongs to the box.</summary>
    private static ImageBox BoxOf(XElement one)
    {
        var box = one.Element("bndbox");
        var (left, top) = (Number(box, "xmin") - 1, Number(box, "ymin") - 1);
        return new ImageBox(left, top, Number(box, "xmax") - left, Number(box, "ymax") - top);
    }

    private static double Number(XElement? parent, string name) =>
        double.TryParse(parent?.Element(name)?.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : double.NaN;

    private AnnotatedImage WithObjects(VocImage image, Dictionary<string, int> indices)
    {
        foreach (var one in image.Objects)
            if (indices.TryGetValue(one.Class, out var index))
                image.Annotations.Add(image.File, one.Place, index, one.Box, area: null, one.IsDifficult, mask: null);
            else
                image.Annotations.Tell(
                    AnnotationFault.UnknownClass, image.File, one.Place, $"'{VisibleText.Of(one.Class)}' is none of the classes");
        return image.Annotations.ToImage();
    }

    private sealed record VocImage(string File, ImageAnnotations Annotations, IReadOnlyList<VocObject> Objects);

    private sealed record VocObject(string Place, string Class, ImageBox Box, bool IsDifficult);
}
