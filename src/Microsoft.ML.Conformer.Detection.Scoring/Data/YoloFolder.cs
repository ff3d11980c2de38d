using System.Globalization;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>
/// Reads a folder as the YOLO tools have it: images, and for each a text file in the folder labels beside images, with a line for each
/// object: its class's number, then center, width and height of its box, or the corners of a polygon, as fractions of the image.
/// </summary>
internal sealed class YoloFolder
{
    private const string ImageFolder = "images", LabelFolder = "labels", Extension = ".txt";

    private readonly AnnotationFindings _findings = new();
    private readonly IReadOnlyList<string> _classes;

    private YoloFolder(IReadOnlyList<string> classes) => _classes = classes;

    /// <summary>Reads a folder; images come in the order of their paths. One without a text file has no objects.</summary>
    /// <param name="folder">The folder with images and labels, or with the splits' folders, which have them.</param>
    /// <param name="split">The split's folder: images/train and labels/train, or train/images and train/labels; null for none.</param>
    /// <param name="classNames">The classes in their order; null for those of data.yaml or classes.txt.</param>
    /// <exception cref="DirectoryNotFoundException">There is no folder images.</exception>
    /// <exception cref="InvalidDataException">There are no names of classes, or no image can be used.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static AnnotatedImages Read(string folder, string? split, IReadOnlyList<string>? classNames)
    {
        var root = Path.GetFullPath(folder);
        var (images, labels) = Folders(root, split);
        var classes = classNames ?? YoloNames.Find([root, Path.GetDirectoryName(images)!, labels, Path.GetDirectoryName(root) ?? root])
            ?? throw new InvalidDataException($"'{VisibleText.OfPath(root)}' has no names of classes: expected {YoloNames.Files}.");
        var files = new FolderTree(images).AllImages.ToList();
        var read = new AnnotatedImage?[files.Count];
        var yolo = new YoloFolder(classes);
        var sizes = new (int Height, int Width, string? Fault)[files.Count];
        Parallel.For(0, files.Count, index => sizes[index] = ImageFileSize.Of(files[index]));
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < files.Count; index++)
        {
            var label = Path.Combine(labels, Path.ChangeExtension(Path.GetRelativePath(images, files[index]), Extension));
            known.Add(label);
            read[index] = yolo.ReadImage(files[index], label, sizes[index]);
        }
        yolo.TellOrphans(labels, known);
        List<AnnotatedImage> usable = [.. read.OfType<AnnotatedImage>()];
        return usable.Count > 0
            ? new AnnotatedImages(classes, usable, yolo._findings)
            : throw new InvalidDataException(
                $"'{VisibleText.OfPath(images)}' has no image that can be used. {string.Join(" ", yolo._findings.Describe())}".TrimEnd());
    }

    private static (string Images, string Labels) Folders(string root, string? split)
    {
        (string Images, string Labels)[] candidates = split is null
            ? [(Path.Combine(root, ImageFolder), Path.Combine(root, LabelFolder))]
            :
            [
                (Path.Combine(root, ImageFolder, split), Path.Combine(root, LabelFolder, split)),
                (Path.Combine(root, split, ImageFolder), Path.Combine(root, split, LabelFolder)),
            ];
        foreach (var candidate in candidates)
            if (Directory.Exists(candidate.Images))
                return candidate;
        throw new DirectoryNotFoundException(
            $"There is no folder {string.Join(" or ", candidates.Select(folders => $"'{VisibleText.OfPath(folders.Images)}'"))}.");
    }

    private void TellOrphans(string labels, HashSet<string> known)
    {
        if (!Directory.Exists(labels))
            return;
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var file in Directory.EnumerateFiles(labels, "*" + Extension, all).Order(StringComparer.Ordinal))
            if (!known.Contains(file) && Path.GetFileName(file) != "classes.txt")
                _findings.Add(AnnotationFault.MissingImage, file, null, null, "there is no image of this name");
    }

    private AnnotatedImage? ReadImage(string path, string label, (int Height, int Width, string? Fault) size)
    {
        if ((size.Fault ?? ImageAnnotations.FaultOfSize(size.Height, size.Width)) is { } fault)
        {
            _findings.Add(AnnotationFault.BadImage, path, null, null, fault);
            return null;
        }
        var image = new ImageAnnotations(path, Path.GetFileName(path), size.Height, size.Width, _findings);
        if (!File.Exists(label))
            return image.ToImage();
        PlainFile.ThrowIfOther(label);
        using var reader = new BoundedTextReader(label);
        for (var line = 1; reader.ReadLine() is { } text; line++)
            if (text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } fields)
                ReadObject(image, label, $"line {line}", fields);
        return image.ToImage();
    }

    private void ReadObject(ImageAnnotations image, string file, string place, string[] fields)
    {
        var numbers = new double[fields.Length - 1];
        for (var i = 0; i < numbers.Length; i++)
            if (!double.TryParse(fields[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i])
                || !double.IsFinite(numbers[i]))
            {
                image.Tell(AnnotationFault.BadAnnotation, file, place, $"'{VisibleText.Of(fields[i + 1])}' is no number");
                return;
            }
        if (!double.TryParse(fields[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || !(number >= 0 && number < _classes.Count && number == Math.Floor(number)))
            image.Tell(AnnotationFault.UnknownClass, file, place,
                $"the class is '{VisibleText.Of(fields[0])}'; there are {_classes.Count} classes");
        else if (numbers.Length == 4)
            image.Add(file, place, (int)number, OfCenter(numbers, image), area: null, isCrowd: false, mask: null);
        else if (numbers.Length >= PolygonRuns.MinNumbers && numbers.Length % 2 == 0)
            AddPolygon(image, file, place, (int)number, numbers);
        else
            image.Tell(AnnotationFault.BadAnnotation, file, place,
                $"it has {fields.Length} numbers; expected a class, then four of a box, or x and y of at least three corners");
    }

    private static ImageBox OfCenter(double[] box, ImageAnnotations image)
    {
        var (width, height) = (box[2] * image.Width, box[3] * image.Height);
        return new ImageBox(box[0] * image.Width - width / 2, box[1] * image.Height - height / 2, width, height);
    }

    private static void AddPolygon(ImageAnnotations image, string file, string place, int index, double[] fractions)
    {
        double[] polygon = [.. fractions.Select((value, at) => value * (at % 2 == 0 ? image.Width : image.Height))];
        var (xs, ys) = (polygon.Where((_, at) => at % 2 == 0).ToList(), polygon.Where((_, at) => at % 2 == 1).ToList());
        RunLengthMask? mask = null;
        try
        {
            mask = RunLengthMask.FromPolygons([polygon], image.Height, image.Width);
        }
        catch (InvalidDataException e)
        {
            image.Tell(AnnotationFault.BadMask, file, place, VisibleText.Reason(e).TrimEnd('.'));
        }
        image.Add(file, place, index, new ImageBox(xs.Min(), ys.Min(), xs.Max() - xs.Min(), ys.Max() - ys.Min()), null, false, mask);
    }
}
