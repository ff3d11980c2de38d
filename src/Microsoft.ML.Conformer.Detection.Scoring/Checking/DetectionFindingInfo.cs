namespace Microsoft.ML.Conformer.Detection.Checking;

/// <summary>What is said about the kinds of findings, and which kinds the readers' and the images' faults are.</summary>
internal static class DetectionFindingInfo
{
    public static FindingKindInfo Of(DetectionDataFindingKind kind) => kind switch
    {
        DetectionDataFindingKind.MissingImage => new(ImageFindingSeverity.Error, "images without a file",
            "They are left out. Add the files, or say in which folder they are."),
        DetectionDataFindingKind.BadImage => new(ImageFindingSeverity.Error, "images that cannot be used",
            "They are left out. Correct their names, ids and sizes."),
        DetectionDataFindingKind.UnreadableImage => new(ImageFindingSeverity.Error, "files that cannot be read",
            "Training ends at such a file, or leaves it out where BadImages is Skip. Replace or remove it."),
        DetectionDataFindingKind.TooLargeImage => new(ImageFindingSeverity.Error, "too many pixels",
            "Training refuses such a file. Scale it down with its boxes, or raise MaxImagePixels."),
        DetectionDataFindingKind.OtherSize => new(ImageFindingSeverity.Error, "another size than the annotations say",
            "The boxes are elsewhere in such an image: it was scaled or turned. Take the image that was annotated."),
        DetectionDataFindingKind.DuplicateImage => new(ImageFindingSeverity.Warning, "images listed again",
            "The first entry counts."),
        DetectionDataFindingKind.UnknownImage => new(ImageFindingSeverity.Warning, "annotations of images that are not listed",
            "They are left out."),
        DetectionDataFindingKind.UnknownClass => new(ImageFindingSeverity.Warning, "objects of classes that are none",
            "They are left out. Add the classes, or leave them out on purpose."),
        DetectionDataFindingKind.BadAnnotation => new(ImageFindingSeverity.Warning, "annotations that cannot be read",
            "They are left out."),
        DetectionDataFindingKind.BoxOutside => new(ImageFindingSeverity.Warning, "boxes outside of their image",
            "They are left out. Perhaps the image was scaled or turned since."),
        DetectionDataFindingKind.TinyBox => new(ImageFindingSeverity.Warning, "boxes below a pixel",
            "They are left out. Perhaps they were drawn by accident, or are fractions where pixels are expected."),
        DetectionDataFindingKind.BadMask => new(ImageFindingSeverity.Warning, "masks that cannot be used as they are",
            "The object stays without its mask, or with what can be used of it."),
        DetectionDataFindingKind.SameFiles => new(ImageFindingSeverity.Warning, "the same file twice",
            "It counts double; and where images are split at random, it may be on both sides. Keep one."),
        DetectionDataFindingKind.NearlyConstant => new(ImageFindingSeverity.Warning, "nearly one color",
            "There is little to learn from. Remove the file, or export it anew."),
        DetectionDataFindingKind.TinyImage => new(ImageFindingSeverity.Warning, "tiny images",
            "Training leaves out images with a side below 32 pixels."),
        DetectionDataFindingKind.FewImages => new(ImageFindingSeverity.Warning, "classes in few images",
            "Add images with such objects, or leave the class out."),
        DetectionDataFindingKind.ClippedBox => new(ImageFindingSeverity.Note, "boxes that leave their image",
            "What is inside counts."),
        DetectionDataFindingKind.WrongExtension => new(ImageFindingSeverity.Note, "another format than the extension says",
            "The image is used. Other programs may not open it."),
        DetectionDataFindingKind.NoObjects => new(ImageFindingSeverity.Note, "images without objects",
            "Training leaves them out; evaluation counts what is found in them as wrong."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind."),
    };

    public static DetectionDataFindingKind KindOf(AnnotationFault fault) => Enum.Parse<DetectionDataFindingKind>($"{fault}");

    /// <summary>Of what is found in an image's file.</summary>
    public static DetectionDataFindingKind KindOf(ImageFindingKind kind) => kind switch
    {
        ImageFindingKind.Unreadable => DetectionDataFindingKind.UnreadableImage,
        ImageFindingKind.TooLarge => DetectionDataFindingKind.TooLargeImage,
        ImageFindingKind.NearlyConstant => DetectionDataFindingKind.NearlyConstant,
        ImageFindingKind.Tiny => DetectionDataFindingKind.TinyImage,
        ImageFindingKind.WrongExtension => DetectionDataFindingKind.WrongExtension,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A single image cannot have it."),
    };
}
