using System.Text.Json;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>
/// Reads COCO's JSON of objects in images (cocodataset.org, "Data format", object detection). It is gone through twice, as the images and
/// categories may stand behind the annotations that need them.
/// </summary>
internal sealed class CocoFile
{
    private const string ImageList = "images", CategoryList = "categories", AnnotationList = "annotations";

    private readonly string _path, _imageFolder;
    private readonly AnnotationFindings _findings = new();

    /// <summary>By the images' numbers; null of those that cannot be used.</summary>
    private readonly SortedDictionary<long, (string Name, ImageAnnotations? Usable)> _images = [];

    private readonly SortedDictionary<long, string> _categories = [];

    private CocoFile(string path, string? imageFolder)
    {
        _path = Path.GetFullPath(path);
        _imageFolder = Path.GetFullPath(imageFolder ?? ".", Path.GetDirectoryName(_path)!);
    }

    /// <summary>Reads a file. Images come in the order of their numbers, classes in that of the categories' numbers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="imageFolder">What the images' names are relative to; null for the file's folder.</param>
    /// <param name="classNames">The classes in their order, each a category's name; null for all categories.</param>
    /// <exception cref="InvalidDataException">
    /// It is no such file, categories have no names or numbers of their own, two images have the same number, or no image can be used.
    /// </exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static AnnotatedImages Read(string path, string? imageFolder, IReadOnlyList<string>? classNames)
    {
        var file = new CocoFile(path, imageFolder);
        JsonLists.Read(file._path, [ImageList, CategoryList], file.TakeImageOrCategory);
        IReadOnlyList<string> classes = classNames ?? [.. file._categories.Values];
        file.ThrowIfUnusable(classes);
        var indices = classes.Index().ToDictionary(one => one.Item, one => one.Index);
        JsonLists.Read(file._path, [AnnotationList], (_, entry) => file.TakeAnnotation(entry, indices));
        return new AnnotatedImages(
            classes, [.. file._images.Values.Select(image => image.Usable?.ToImage()).OfType<AnnotatedImage>()], file._findings);
    }

    private void TakeImageOrCategory(string list, JsonElement entry)
    {
        if (list == CategoryList)
            TakeCategory(entry);
        else
            TakeImage(entry);
    }

    private void TakeCategory(JsonElement entry)
    {
        if (Whole(entry, "id") is not { } id || Text(entry, "name") is not { Length: > 0 } name)
            throw new InvalidDataException($"a category is {Shown(entry)}; expected an id, a whole number, and a name.");
        if (!_categories.TryAdd(id, name) && _categories[id] != name)
            throw new InvalidDataException(
                $"the categories '{VisibleText.Of(_categories[id])}' and '{VisibleText.Of(name)}' both have the id {id}.");
    }

    private void TakeImage(JsonElement entry)
    {
        var name = Text(entry, "file_name");
        if (Whole(entry, "id") is not { } id)
        {
            _findings.Add(AnnotationFault.BadImage, _path, name, null, $"the image is {Shown(entry)}; expected an id, a whole number");
            return;
        }
        if (_images.TryGetValue(id, out var first))
        {
            if (first.Name != name)
                throw new InvalidDataException(
                    $"the images '{VisibleText.Of(first.Name)}' and '{VisibleText.Of(name ?? "")}' both have the id {id}, so that it is " +
                    "not known whose its annotations are.");
            _findings.Add(AnnotationFault.DuplicateImage, _path, name, null, $"the id {id} is listed again");
            return;
        }
        _images[id] = (name ?? "", Usable(entry, id, name));
    }

    private ImageAnnotations? Usable(JsonElement entry, long id, string? name)
    {
        var (height, width) = (Whole(entry, "height"), Whole(entry, "width"));
        var fault = ImageFileNames.FaultOfPath(name) ?? (height is null || width is null
            ? $"its width is {Shown(entry, "width")} and its height {Shown(entry, "height")}; expected whole numbers of pixels"
            : ImageAnnotations.FaultOfSize(height.Value, width.Value));
        if (fault is not null)
        {
            _findings.Add(AnnotationFault.BadImage, _path, name ?? $"{id}", null, fault);
            return null;
        }
        var image = Path.GetFullPath(name!, _imageFolder);
        if (File.Exists(image))
            return new ImageAnnotations(image, name!, (int)height!.Value, (int)width!.Value, _findings);
        _findings.Add(AnnotationFault.MissingImage, _path, name, null, $"there is no file '{VisibleText.OfPath(image)}'");
        return null;
    }

    private void ThrowIfUnusable(IReadOnlyList<string> classes)
    {
        var shown = $"'{VisibleText.OfPath(_path)}'";
        if (_categories.Values.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } same)
            throw new InvalidDataException(
                $"{shown} has {same.Count()} categories '{VisibleText.Of(same.Key)}'; each needs a name of its own.");
        if (classes.Count == 0)
            throw new InvalidDataException($"{shown} has no list {CategoryList}, or an empty one.");
        if (classes.Except(_categories.Values).ToList() is { Count: > 0 } unknown)
            throw new InvalidDataException($"{shown} has no category {VisibleText.List(unknown)}.");
        if (!_images.Values.Any(image => image.Usable is not null))
            throw new InvalidDataException($"{shown} has no image that can be used. {string.Join(" ", _findings.Describe())}".TrimEnd());
    }

    private void TakeAnnotation(JsonElement entry, Dictionary<string, int> indices)
    {
        var annotation = Value(entry, "id") is { } id ? $"annotation {id}" : "an annotation";
        if (Whole(entry, "image_id") is not { } imageId)
        {
            _findings.Add(AnnotationFault.BadAnnotation, _path, null, annotation, $"it is {Shown(entry)}; expected an image_id");
            return;
        }
        if (!_images.TryGetValue(imageId, out var of))
        {
            _findings.Add(AnnotationFault.UnknownImage, _path, $"{imageId}", annotation, "no image has this id");
            return;
        }
        if (of.Usable is not { } image || IsTrue(entry, "ignore"))
            return;
        if (Whole(entry, "category_id") is not { } categoryId || !_categories.TryGetValue(categoryId, out var name))
            image.Tell(AnnotationFault.UnknownClass, _path, annotation, $"no category has the id {Shown(entry, "category_id")}");
        else if (!indices.TryGetValue(name, out var index))
            image.Tell(AnnotationFault.UnknownClass, _path, annotation, $"'{VisibleText.Of(name)}' is none of the classes");
        else if (Box(entry) is not { } box)
            image.Tell(AnnotationFault.BadAnnotation, _path, annotation,
                $"bbox is {Shown(entry, "bbox")}; expected left, top, width and height in pixels");
        else
        {
            var mask = entry.TryGetProperty("segmentation", out var segmentation)
                ? CocoSegmentation.Read(
                    segmentation, image.Height, image.Width, fault => image.Tell(AnnotationFault.BadMask, _path, annotation, fault))
                : null;
            image.Add(_path, annotation, index, box, Number(entry, "area"), IsTrue(entry, "iscrowd"), mask);
        }
    }

    private static ImageBox? Box(JsonElement entry)
    {
        if (!entry.TryGetProperty("bbox", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != 4)
            return null;
        Span<double> numbers = stackalloc double[4];
        for (var i = 0; i < numbers.Length; i++)
            if (list[i].ValueKind != JsonValueKind.Number || !list[i].TryGetDouble(out numbers[i]))
                return null;
        return new ImageBox(numbers[0], numbers[1], numbers[2], numbers[3]);
    }

    private static JsonElement? Value(JsonElement entry, string name) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value) ? value : null;

    private static double? Number(JsonElement entry, string name) =>
        Value(entry, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number : null;

    /// <summary>A whole number, also as some tools write it: 96.0.</summary>
    private static long? Whole(JsonElement entry, string name) =>
        Value(entry, name) is not { ValueKind: JsonValueKind.Number } value ? null
        : value.TryGetInt64(out var whole) ? whole
        : value.TryGetDouble(out var number) && number == Math.Floor(number) && Math.Abs(number) <= 1L << 53 ? (long)number : null;

    private static bool IsTrue(JsonElement entry, string name) =>
        Value(entry, name)?.ValueKind == JsonValueKind.True || Number(entry, name) is not (null or 0);

    private static string? Text(JsonElement entry, string name)
    {
        try
        {
            return Value(entry, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
        }
        catch (InvalidOperationException) // half of a surrogate pair
        {
            return null;
        }
    }

    private static string Shown(JsonElement entry) => $"'{VisibleText.Of(entry.GetRawText())}'";

    private static string Shown(JsonElement entry, string name) => Value(entry, name) is { } value ? Shown(value) : "absent";
}
