namespace Conformer.Cli.Evaluating;

/// <summary>How images tell what is in them.</summary>
internal enum AnnotationFormat
{
    /// <summary>Folders, or a manifest, that say which class an image is of.</summary>
    Classes,

    /// <summary>COCO's JSON.</summary>
    Coco,

    /// <summary>Annotations and JPEGImages, as the Pascal VOC challenges have them.</summary>
    Voc,

    /// <summary>Images and labels, as YOLO tools have them.</summary>
    Yolo,
}

internal static class AnnotationFormats
{
    /// <summary>What a file or folder looks like.</summary>
    /// <param name="data">The file or folder; it is there.</param>
    /// <param name="split">The split that is asked for; null for none.</param>
    public static AnnotationFormat Of(FileSystemInfo data, string? split)
    {
        if (data is FileInfo)
            return data.Extension.Equals(".json", StringComparison.OrdinalIgnoreCase) ? AnnotationFormat.Coco : AnnotationFormat.Classes;
        bool Has(params string[] names) => names.All(name => Path.Exists(Path.Combine(data.FullName, name)));
        return Has("Annotations", "JPEGImages") ? AnnotationFormat.Voc
            : Has("labels", "images") || Has("data.yaml") || (split is not null && Has(Path.Combine(split, "labels")))
                ? AnnotationFormat.Yolo
                : AnnotationFormat.Classes;
    }
}
