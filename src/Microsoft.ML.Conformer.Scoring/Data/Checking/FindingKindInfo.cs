namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>What is said about a kind of findings.</summary>
/// <param name="Severity">How serious they are.</param>
/// <param name="Title">What they are called.</param>
/// <param name="Advice">What to do about them, in sentences.</param>
internal sealed record FindingKindInfo(ImageFindingSeverity Severity, string Title, string Advice)
{
    public static FindingKindInfo Of(ImageFindingKind kind) => kind switch
    {
        ImageFindingKind.Unreadable => new(ImageFindingSeverity.Error, "cannot be read",
            "Training ends at such a file, or leaves it out where BadImages is Skip. Replace or remove it."),
        ImageFindingKind.TooLarge => new(ImageFindingSeverity.Error, "too many pixels",
            "Training refuses such a file. Scale it down, or raise MaxImagePixels."),
        ImageFindingKind.DuplicatesAcrossParts => new(ImageFindingSeverity.Error, "the same file in two parts",
            "The model is tested with what it has learned, and seems better than it is. Keep the file in one part."),
        ImageFindingKind.NearDuplicatesAcrossParts => new(ImageFindingSeverity.Error, "look the same, in two parts",
            "The model is tested with nearly what it has learned, and seems better than it is. Keep them in one part."),
        ImageFindingKind.DuplicatesAcrossClasses => new(ImageFindingSeverity.Error, "the same file in two classes",
            "One label is wrong, or the classes overlap. Keep the file in one class."),
        ImageFindingKind.NearDuplicatesAcrossClasses => new(ImageFindingSeverity.Warning, "look the same, in two classes",
            "Perhaps a label is wrong. Look at them."),
        ImageFindingKind.LikelyMislabeled => new(ImageFindingSeverity.Warning, "likely of another class",
            "The model takes them for images of another class, the most suspicious first. Some are mislabeled, others are hard. Look at them."),
        ImageFindingKind.NearlyConstant => new(ImageFindingSeverity.Warning, "nearly one color",
            "There is little to learn from. Remove the file, or export it anew."),
        ImageFindingKind.Tiny => new(ImageFindingSeverity.Warning, "tiny",
            "The image is enlarged for training and has few details; perhaps it is a thumbnail or an icon."),
        ImageFindingKind.Duplicates => new(ImageFindingSeverity.Warning, "the same file twice in a class",
            "It counts double; and where validation images are drawn from train, it may be on both sides. Keep one."),
        ImageFindingKind.FewImages => new(ImageFindingSeverity.Warning, "few images",
            "Add images, or begin with published weights."),
        ImageFindingKind.Imbalance => new(ImageFindingSeverity.Warning, "classes of very different sizes",
            "Small classes are learned the least. ClassBalance makes them count more."),
        ImageFindingKind.NearDuplicates => new(ImageFindingSeverity.Note, "look the same, in one class",
            "Where validation images are drawn from train, a series should be on one side: give val as a folder of its own."),
        ImageFindingKind.WrongExtension => new(ImageFindingSeverity.Note, "another format than the extension says",
            "The image is used. Other programs may not open it."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind."),
    };
}
