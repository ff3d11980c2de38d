using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Extension methods that load images in which objects are marked.</summary>
/// <remarks>
/// <para>All give the same columns, those that ML.NET's own object detection has among them:</para>
/// <list type="table">
/// <listheader><term>column</term><description>type and meaning</description></listheader>
/// <item><term>ImagePath</term><description>Text: the full path.</description></item>
/// <item><term>Label</term><description>
/// Variable vector of keys, whose values are the classes' names: one for each object.
/// </description></item>
/// <item><term>BoundingBoxes</term><description>
/// Variable vector of Single: x0, y0, x1, y1 of each object in pixels of the image, the edges between pixels.
/// </description></item>
/// <item><term>Masks</term><description>
/// Variable vector of text: COCO's compressed run lengths of each object, which
/// <see cref="Conformer.Detection.RunLengthMask.Parse"/> reads; empty where it has no mask.
/// </description></item>
/// <item><term>IsCrowd</term><description>
/// Variable vector of Boolean: whether it is neither to be learned nor to be found, as many objects in one are not.
/// </description></item>
/// <item><term>Area</term><description>
/// Variable vector of Single: the area of each object in square pixels, by which COCO's figures tell small objects from large ones. It is
/// the file's own where it has one, as COCO's have that of the outline; else the mask's, else the box's.
/// </description></item>
/// </list>
/// <para>As mmdetection does, boxes outside of their image, or with a side below a pixel, are left out, and what leaves the image is cut
/// off. So are annotations of unknown images and classes, and images without a file. What was done is said in the log, with the file, the
/// image and the annotation.</para>
/// </remarks>
public static class DetectionDataCatalog
{
    /// <summary>
    /// Loads COCO's JSON of objects in images (cocodataset.org, "Data format"): boxes, polygons, run lengths, crowds. A file of hundreds of
    /// megabytes is read piece by piece.
    /// </summary>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="path">The file, such as annotations/instances_train2017.json.</param>
    /// <param name="imageFolder">
    /// The folder that the images' names are relative to, itself relative to the file's folder; null, the default, for the file's folder.
    /// </param>
    /// <param name="classNames">
    /// The classes in their order, each a category's name; objects of others are left out. Null, the default, for all categories in the
    /// order of their ids.
    /// </param>
    /// <returns>A row for each image, those without objects too, in the order of their ids.</returns>
    /// <inheritdoc cref="DetectionDataCatalog" path="/remarks"/>
    /// <exception cref="ArgumentException">Class names are empty or not each once.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no such file, categories have no names or ids of their own, two images have the same id, or no image can be used. The message
    /// says what and where.
    /// </exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static IDataView LoadFromCoco(
        this DataOperationsCatalog catalog, string path, string? imageFolder = null, IReadOnlyList<string>? classNames = null) =>
        Load(catalog, path, classNames, nameof(LoadFromCoco), () => CocoFile.Read(path, imageFolder, classNames));

    /// <summary>
    /// Loads a folder of the Pascal VOC challenges, or one like it: Annotations with a .xml file for each image in JPEGImages. Objects that
    /// are marked as difficult are crowds here: neither learned nor to be found.
    /// </summary>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="folder">The folder with Annotations and JPEGImages.</param>
    /// <param name="split">
    /// A list in ImageSets/Main, such as train, without .txt; null, the default, for all images that have annotations.
    /// </param>
    /// <param name="classNames">
    /// The classes in their order; objects of others are left out. Null, the default, for those that occur, in ordinal order: give them
    /// where not every split has all.
    /// </param>
    /// <returns>A row for each image, those without objects too, in the order of their names or of the list.</returns>
    /// <inheritdoc cref="DetectionDataCatalog" path="/remarks"/>
    /// <exception cref="ArgumentException">Class names are empty or not each once.</exception>
    /// <exception cref="InvalidDataException">No image can be used, or none has objects.</exception>
    /// <exception cref="IOException">The folder or the list is absent, or a file cannot be read.</exception>
    public static IDataView LoadFromPascalVoc(
        this DataOperationsCatalog catalog, string folder, string? split = null, IReadOnlyList<string>? classNames = null) =>
        Load(catalog, folder, classNames, nameof(LoadFromPascalVoc), () => PascalVocFolder.Read(folder, split, classNames));

    /// <summary>
    /// Loads a folder as YOLO tools have it: images, and in labels beside it a text file for each with a line for each object, its class's
    /// number and the box's center, width and height, or the corners of a polygon, as fractions of the image. An image without a text file
    /// has no objects.
    /// </summary>
    /// <param name="catalog">The catalog of data operations.</param>
    /// <param name="folder">The folder with images and labels, or with the splits' folders that have them.</param>
    /// <param name="split">
    /// The split's folder, such as train, in images and labels or around them; null, the default, for none.
    /// </param>
    /// <param name="classNames">
    /// The classes in the order of their numbers; null, the default, for those of data.yaml or classes.txt in the folder, in labels or in
    /// the folder above.
    /// </param>
    /// <returns>A row for each image, those without objects too, in the order of their paths.</returns>
    /// <inheritdoc cref="DetectionDataCatalog" path="/remarks"/>
    /// <exception cref="ArgumentException">Class names are empty or not each once.</exception>
    /// <exception cref="InvalidDataException">There are no names of classes, or no image can be used.</exception>
    /// <exception cref="IOException">The folder is absent, or a file cannot be read.</exception>
    public static IDataView LoadFromYolo(
        this DataOperationsCatalog catalog, string folder, string? split = null, IReadOnlyList<string>? classNames = null) =>
        Load(catalog, folder, classNames, nameof(LoadFromYolo), () => YoloFolder.Read(folder, split, classNames));

    private static IDataView Load(
        DataOperationsCatalog catalog, string path, IReadOnlyList<string>? classNames, string method, Func<AnnotatedImages> read)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (classNames is not null && (classNames.Count == 0 || classNames.Any(string.IsNullOrWhiteSpace) || !AreDistinct(classNames)))
            throw new ArgumentException("There must be at least one class, each with a name of its own.", nameof(classNames));
        var images = read();
        if (!AreDistinct(images.ClassNames))
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' has classes of the same name; each needs a name of its own.");
        using (var channel = CallerEnvironment.Of(catalog).Start(method))
        {
            channel.Info(MessageSensitivity.None, "{0}", FormattableString.Invariant(
                $"'{VisibleText.OfPath(path)}': {images.ClassNames.Count:N0} classes, {images.Images.Count:N0} images, ") +
                FormattableString.Invariant($"{images.Images.Sum(image => image.Objects.Count):N0} objects."));
            foreach (var line in images.Findings.Describe())
                channel.Warning(MessageSensitivity.None, "{0}", line);
        }
        return DetectionRow.Load(catalog, images);
    }

    private static bool AreDistinct(IReadOnlyList<string> names) => names.Distinct(StringComparer.Ordinal).Count() == names.Count;
}
