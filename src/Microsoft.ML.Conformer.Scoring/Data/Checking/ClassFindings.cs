namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>What is to be said of the classes' sizes, of which only images count that can be used.</summary>
internal static class ClassFindings
{
    private const int MaxNamed = 5;

    /// <param name="usable">The images that can be used.</param>
    /// <param name="classes">All classes.</param>
    /// <param name="parts">The parts that the data have, such as "training".</param>
    /// <param name="options">What is few, and what is imbalanced.</param>
    public static IEnumerable<ImageFinding> Find(
        IEnumerable<CheckedImage> usable, IReadOnlyList<string> classes, IReadOnlyList<string> parts, ImageCheckOptions options)
    {
        var counts = usable.CountBy(image => (image.Part, image.Class)).ToDictionary();
        var training = classes.Select(name => (Name: name, Count: Count(DataPart.Training, name))).ToList();
        foreach (var (name, count) in training.Where(one => one.Count < options.MinImagesPerClass))
            yield return Few(FormattableString.Invariant(
                $"The class {Name(name)} has {count:N0} images to train on; below {options.MinImagesPerClass} are few."));
        foreach (var (part, purpose) in ((DataPart, string)[])[(DataPart.Validation, "validate"), (DataPart.Test, "test")])
            if (parts.Contains(DataPartNames.Word(part)))
                foreach (var name in classes.Where(name => Count(part, name) == 0))
                    yield return Few($"The class {Name(name)} has no images to {purpose} with; how well it is recognized stays unknown.");

        var (largest, smallest) = (training.MaxBy(one => one.Count), training.MinBy(one => one.Count));
        if (largest.Count > options.MaxImbalance * smallest.Count)
            yield return new ImageFinding(ImageFindingKind.Imbalance, [], FormattableString.Invariant(
                $"The class {Name(largest.Name)} has {largest.Count:N0} images to train on, and {Name(smallest.Name)} ") +
                FormattableString.Invariant($"{smallest.Count:N0}; above {options.MaxImbalance} times as many is imbalanced."));

        int Count(DataPart part, string name) => counts.GetValueOrDefault((DataPartNames.Word(part), name));
    }

    /// <summary>Classes for a message; of many the first ones.</summary>
    public static string Names(IReadOnlyCollection<string> classes) =>
        string.Join(", ", classes.Take(MaxNamed).Select(Name)) +
        (classes.Count > MaxNamed ? FormattableString.Invariant($" and {classes.Count - MaxNamed:N0} others") : "");

    private static string Name(string name) => $"'{VisibleText.Of(name)}'";

    private static ImageFinding Few(string message) => new(ImageFindingKind.FewImages, [], message);
}
