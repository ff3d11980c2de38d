namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>What is wrong with an annotation, and what is done about it.</summary>
internal enum AnnotationFault
{
    /// <summary>The image's file is not there; the image is left out.</summary>
    MissingImage,

    /// <summary>The image has no usable name, number or size; it is left out.</summary>
    BadImage,

    /// <summary>The image is listed again; the first one counts.</summary>
    DuplicateImage,

    /// <summary>The annotation is of an image that is not listed; it is left out.</summary>
    UnknownImage,

    /// <summary>The object is of a class that is none; it is left out.</summary>
    UnknownClass,

    /// <summary>The annotation cannot be read, or has numbers that are none; it is left out.</summary>
    BadAnnotation,

    /// <summary>The box is outside of the image; it is left out.</summary>
    BoxOutside,

    /// <summary>The box has a side below a pixel, or no area; it is left out.</summary>
    TinyBox,

    /// <summary>The box leaves the image; what is inside counts.</summary>
    ClippedBox,

    /// <summary>The mask cannot be used; the object stays without one, or with what can be used of it.</summary>
    BadMask,

    /// <summary>The image has no label map; it is left out.</summary>
    MissingLabelMap,

    /// <summary>The image's label map cannot be read; it is left out.</summary>
    BadLabelMap,

    /// <summary>The image's label map has another size; it is left out.</summary>
    LabelMapSize,

    /// <summary>The image's label map has values that are no class; it is left out.</summary>
    UnknownLabel,
}

/// <summary>Something wrong with an annotation.</summary>
/// <param name="Fault">What it is.</param>
/// <param name="Message">One line, fit for a terminal, that names the file, the image and the annotation.</param>
internal sealed record AnnotationFinding(AnnotationFault Fault, string Message);

/// <summary>Collects what is wrong with annotations: all are counted, of each fault the first ones are kept.</summary>
internal sealed class AnnotationFindings
{
    private const int MostKept = 1000, MostShown = 3;

    private readonly SortedDictionary<AnnotationFault, int> _counts = [];
    private readonly List<AnnotationFinding> _found = [];

    /// <summary>The first ones of each fault, in the order of the files.</summary>
    public IReadOnlyList<AnnotationFinding> Found => _found;

    public int Count(AnnotationFault fault) => _counts.GetValueOrDefault(fault);

    /// <param name="fault">What it is.</param>
    /// <param name="file">The file that has the annotation.</param>
    /// <param name="image">The image's name or number; null where there is none.</param>
    /// <param name="annotation">The annotation's number or line; null where the image is meant.</param>
    /// <param name="message">The rest of the sentence.</param>
    public void Add(AnnotationFault fault, string file, string? image, string? annotation, string message)
    {
        _counts[fault] = Count(fault) + 1;
        if (_counts[fault] > MostKept)
            return;
        var place = $"'{VisibleText.OfPath(file)}'" + (image is null ? "" : $", image '{VisibleText.Of(image)}'") +
            (annotation is null ? "" : $", {VisibleText.Of(annotation)}");
        _found.Add(new AnnotationFinding(fault, $"{place}: {message}."));
    }

    /// <summary>A line for each fault: what was done, how often, and the first ones.</summary>
    public IEnumerable<string> Describe() => _counts.Select(count =>
    {
        var shown = _found.Where(finding => finding.Fault == count.Key).Take(MostShown).Select(finding => finding.Message).ToList();
        var others = count.Value - shown.Count;
        return FormattableString.Invariant($"{Words(count.Key)}: {count.Value:N0}. ") + string.Join(" ", shown) +
            (others > 0 ? FormattableString.Invariant($" And {others:N0} others.") : "");
    });

    private static string Words(AnnotationFault fault) => fault switch
    {
        AnnotationFault.MissingImage => "Images left out, as there is no such file",
        AnnotationFault.BadImage => "Images left out, as their entries cannot be used",
        AnnotationFault.DuplicateImage => "Images listed again, of which the first entry counts",
        AnnotationFault.UnknownImage => "Annotations left out, of images that are not listed",
        AnnotationFault.UnknownClass => "Annotations left out, of classes that are none",
        AnnotationFault.BadAnnotation => "Annotations left out, as they cannot be read",
        AnnotationFault.BoxOutside => "Annotations left out, with boxes outside of the image",
        AnnotationFault.TinyBox => "Annotations left out, with boxes below a pixel",
        AnnotationFault.ClippedBox => "Boxes cut where they leave the image",
        AnnotationFault.BadMask => "Masks that cannot be used as they are",
        AnnotationFault.MissingLabelMap => "Images left out, as they have no label map",
        AnnotationFault.BadLabelMap => "Images left out, as their label maps cannot be read",
        AnnotationFault.LabelMapSize => "Images left out, as their label maps have another size",
        AnnotationFault.UnknownLabel => "Images left out, as their label maps have values that are no class",
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "There is no such fault."),
    };
}
