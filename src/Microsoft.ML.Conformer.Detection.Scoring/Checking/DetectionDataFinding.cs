namespace Microsoft.ML.Conformer.Detection;

/// <summary>Something that CheckCoco and its siblings found.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Severity">How serious it is; follows from the kind.</param>
/// <param name="ImagePaths">Full paths of the image files that it concerns; none where it concerns an annotation or a class.</param>
/// <param name="Message">The reason, in words: one line, fit for a terminal, which names the file, the image and the annotation.</param>
public sealed record DetectionDataFinding(
    DetectionDataFindingKind Kind, ImageFindingSeverity Severity, IReadOnlyList<string> ImagePaths, string Message)
{
    internal DetectionDataFinding(DetectionDataFindingKind kind, IReadOnlyList<string> imagePaths, string message)
        : this(kind, DetectionFindingInfo.Of(kind).Severity, imagePaths, message)
    {
    }
}

/// <summary>How many findings of a kind there are; of very many the first ones alone are told.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Count">How many.</param>
public sealed record DetectionDataFindingCount(DetectionDataFindingKind Kind, int Count);

/// <summary>How often a class occurs.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="ObjectCount">Number of its objects, crowds not among them.</param>
/// <param name="ImageCount">Number of the images with such objects.</param>
public sealed record DetectionClassCount(string Name, int ObjectCount, int ImageCount);

/// <summary>What CheckCoco and its siblings may find, the most serious first.</summary>
public enum DetectionDataFindingKind
{
    /// <summary>An image's file that is not there; the image is left out.</summary>
    MissingImage,

    /// <summary>An image without a usable name, number or size; it is left out.</summary>
    BadImage,

    /// <summary>An image file that cannot be used: in no format that is read, damaged, or truncated.</summary>
    UnreadableImage,

    /// <summary>An image of more than <see cref="ImageCheckOptions.MaxImagePixels"/>, which training refuses.</summary>
    TooLargeImage,

    /// <summary>An image of another size than the annotations say, so that its boxes are elsewhere.</summary>
    OtherSize,

    /// <summary>An image that is listed again; the first entry counts.</summary>
    DuplicateImage,

    /// <summary>Annotations of images that are not listed; they are left out.</summary>
    UnknownImage,

    /// <summary>Objects of classes that are none; they are left out.</summary>
    UnknownClass,

    /// <summary>An annotation that cannot be read; it is left out.</summary>
    BadAnnotation,

    /// <summary>A box outside of its image; it is left out.</summary>
    BoxOutside,

    /// <summary>A box with a side below a pixel; it is left out.</summary>
    TinyBox,

    /// <summary>A mask that cannot be used as it is.</summary>
    BadMask,

    /// <summary>The same bytes in several files.</summary>
    SameFiles,

    /// <summary>An image whose pixels are all nearly the same.</summary>
    NearlyConstant,

    /// <summary>An image whose shorter side is below <see cref="ImageCheckOptions.MinSide"/>.</summary>
    TinyImage,

    /// <summary>A class in fewer images than <see cref="ImageCheckOptions.MinImagesPerClass"/>, or in none.</summary>
    FewImages,

    /// <summary>A box that leaves its image; what is inside counts.</summary>
    ClippedBox,

    /// <summary>An image of another format than its file's extension says; it is used.</summary>
    WrongExtension,

    /// <summary>Images without objects: of them training learns nothing, and evaluation what is found wrongly.</summary>
    NoObjects,
}
