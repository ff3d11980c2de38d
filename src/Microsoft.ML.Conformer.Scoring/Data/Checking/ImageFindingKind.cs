namespace Microsoft.ML.Conformer;

/// <summary>What CheckImageFolder may find, the most serious first.</summary>
public enum ImageFindingKind
{
    /// <summary>An image that cannot be used: in no format that is read, damaged, truncated, or of a file that cannot be read.</summary>
    Unreadable,

    /// <summary>An image of more than <see cref="ImageCheckOptions.MaxImagePixels"/>, which training refuses.</summary>
    TooLarge,

    /// <summary>The same bytes in two of training, validation and test, so that what is measured there is too good.</summary>
    DuplicatesAcrossParts,

    /// <summary>Images that look the same, in two of training, validation and test.</summary>
    NearDuplicatesAcrossParts,

    /// <summary>The same bytes in two classes: one label is wrong.</summary>
    DuplicatesAcrossClasses,

    /// <summary>Images that look the same, in two classes.</summary>
    NearDuplicatesAcrossClasses,

    /// <summary>An image that a trained model takes for one of another class, as <see cref="MislabeledImage"/> says.</summary>
    LikelyMislabeled,

    /// <summary>An image whose pixels are all nearly the same.</summary>
    NearlyConstant,

    /// <summary>An image whose shorter side is below <see cref="ImageCheckOptions.MinSide"/>.</summary>
    Tiny,

    /// <summary>The same bytes twice in a class.</summary>
    Duplicates,

    /// <summary>A class with few images, or with none to validate or test with.</summary>
    FewImages,

    /// <summary>Classes of very different sizes.</summary>
    Imbalance,

    /// <summary>Images that look the same, in one class: a series, or copies in other sizes.</summary>
    NearDuplicates,

    /// <summary>An image of another format than its file's extension says; it is used.</summary>
    WrongExtension,
}

/// <summary>How serious a finding is.</summary>
public enum ImageFindingSeverity
{
    /// <summary>Worth knowing; training is as good with it.</summary>
    Note,

    /// <summary>The model may be the worse for it.</summary>
    Warning,

    /// <summary>Training ends with an error, or what it measures is wrong.</summary>
    Error,
}
