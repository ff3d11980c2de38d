namespace Microsoft.ML.Conformer;

/// <summary>Labeled image files to train on, to validate with, and to test with, as LoadImageSplits found or drew them.</summary>
/// <remarks>
/// The data views have the columns ImagePath (text, the full path) and Label (text), sorted by class, then by path, in ordinal order.
/// </remarks>
public sealed class ImageSplits
{
    internal ImageSplits(
        IDataView training, IDataView validation, IDataView? test, IReadOnlyList<ImageClassCount> classes, string summary) =>
        (Training, Validation, Test, Classes, Summary) = (training, validation, test, classes, summary);

    /// <summary>The images to train on: at least one of each class.</summary>
    public IDataView Training { get; }

    /// <summary>The images to validate with, and to choose the best epoch or model by.</summary>
    public IDataView Validation { get; }

    /// <summary>The images that are held out for the last word; null where there are none.</summary>
    public IDataView? Test { get; }

    /// <summary>The classes in ordinal order, with their numbers of images.</summary>
    public IReadOnlyList<ImageClassCount> Classes { get; }

    /// <summary>
    /// What a program should print before work begins, in lines: how many classes and images there are; where each part is from; what was
    /// passed over, counted by the reason; and warnings, such as of classes without an image to validate with.
    /// </summary>
    public string Summary { get; }
}

/// <summary>A class and how many of its images are in each part.</summary>
/// <param name="Name">The class's name, in Unicode form C.</param>
/// <param name="Training">Images to train on, at least 1.</param>
/// <param name="Validation">Images to validate with.</param>
/// <param name="Test">Images that are held out.</param>
public sealed record ImageClassCount(string Name, int Training, int Validation, int Test);
