namespace Microsoft.ML.Conformer.Detection.LabelMaps;

/// <summary>Reads folders of images and label maps, those of well-known data sets too.</summary>
internal static class KnownFolders
{
    private const string CityscapesImage = "_leftImg8bit", CityscapesIds = "_gtFine_labelIds";

    private static readonly string[] _cityscapes =
    [
        "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation", "terrain", "sky", "person",
        "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
    ];

    private static readonly string[] _pascalVoc =
    [
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
        "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ];

    /// <summary>A map has the name of its image.</summary>
    public static LabeledImages OfSameNames(
        string imageFolder, string labelFolder, IReadOnlyList<string>? classNames, bool reducesZeroLabel)
    {
        var found = FoundFiles.InFolders(
            Path.GetFullPath(imageFolder), Path.GetFullPath(labelFolder), name => name, tellsOrphans: true);
        return Check(found, classNames, reducesZeroLabel);
    }

    /// <summary>images/training/*.jpg, annotations/training/*.png, and objectInfo150.txt with the classes' names.</summary>
    public static LabeledImages Ade20K(string folder, string split, IReadOnlyList<string>? classNames)
    {
        var root = Path.GetFullPath(folder);
        var found = FoundFiles.InFolders(
            Path.Combine(root, "images", split), Path.Combine(root, "annotations", split), name => name, tellsOrphans: true);
        return Check(found, classNames ?? Ade20KNames(Path.Combine(root, "objectInfo150.txt")), reducesZeroLabel: true);
    }

    /// <summary>leftImg8bit/train/*/*_leftImg8bit.png and gtFine/train/*/*_gtFine_labelIds.png.</summary>
    public static LabeledImages Cityscapes(string folder, string split)
    {
        var root = Path.GetFullPath(folder);
        var (images, labels) = (Path.Combine(root, "leftImg8bit", split), Path.Combine(root, "gtFine", split));
        // Beside the ids lie maps of instances, and of training ids where somebody made them.
        var found = FoundFiles.InFolders(
            images, labels,
            name => name.EndsWith(CityscapesImage, StringComparison.Ordinal) ? name[..^CityscapesImage.Length] + CityscapesIds : null,
            tellsOrphans: false);
        return LabeledImages.Check(found, _cityscapes, LabelRule.CityscapesIds);
    }

    /// <summary>JPEGImages, SegmentationClass and ImageSets/Segmentation/train.txt; the outlines, 255, do not count.</summary>
    public static LabeledImages PascalVoc(string folder, string split)
    {
        var root = Path.GetFullPath(folder);
        var found = FoundFiles.InList(
            Path.Combine(root, "ImageSets", "Segmentation", split + ".txt"), Path.Combine(root, "JPEGImages"),
            Path.Combine(root, "SegmentationClass"));
        return LabeledImages.Check(found, _pascalVoc, LabelRule.Plain(_pascalVoc.Length));
    }

    private static LabeledImages Check(FoundFiles found, IReadOnlyList<string>? classNames, bool reducesZeroLabel)
    {
        var names = classNames ?? Numbers(Math.Max(LabeledImages.GreatestValue(found) + (reducesZeroLabel ? 0 : 1), 1));
        return LabeledImages.Check(found, names, reducesZeroLabel ? LabelRule.WithoutZero(names.Count) : LabelRule.Plain(names.Count));
    }

    private static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(index => FormattableString.Invariant($"{index}"))];

    /// <summary>The last column of a table, of a class's synonyms the first one; null where there is no such file.</summary>
    private static string[]? Ade20KNames(string path)
    {
        if (!File.Exists(path))
            return null;
        using var reader = new BoundedTextReader(path);
        var names = new List<string>();
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
            if (line.Split('\t') is [.., var synonyms] cells && cells.Length > 1)
                names.Add(synonyms.Split(',')[0].Trim());
        return names.Count > 0 ? [.. names] : null;
    }
}
