namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>Looks at all images that a folder or a manifest lists. What is found does not depend on the number of threads.</summary>
internal static class ImageFolderCheck
{
    private const int ImagesPerReport = 32;

    /// <param name="listing">The images.</param>
    /// <param name="options">What to look for.</param>
    /// <param name="look">What else to find in the images that can be used; null for nothing.</param>
    /// <exception cref="OperationCanceledException">The check was canceled.</exception>
    public static ImageFolderReport Run(
        ImageListing listing, ImageCheckOptions options, Func<IReadOnlyList<CheckedImage>, IEnumerable<ImageFinding>>? look = null)
    {
        var images = listing.Parts.SelectMany(part =>
            part.Files.Select(file => new CheckedImage(file.ImagePath, file.Label, DataPartNames.Word(part.Part)))).ToList();
        var looked = images.Zip(LookAtAll(images, options)).ToList();
        var classes = Classes(listing);
        var parts = listing.Parts.Select(part => DataPartNames.Word(part.Part)).ToList();
        List<CheckedImage> usable = [.. looked.Where(one => one.Second.IsUsable).Select(one => one.First)];
        IEnumerable<ImageFinding> findings =
        [
            .. looked.SelectMany(one => one.Second.Faults.Select(fault => new ImageFinding(fault.Kind, [one.First], fault.Message))),
            .. DuplicateFindings.Find(looked, options.NearDuplicateDistance, options.CancellationToken),
            .. ClassFindings.Find(usable, [.. classes.Select(one => one.Name)], parts, options),
            .. look?.Invoke(usable) ?? [],
        ];
        return new ImageFolderReport(
            listing, classes, images.Count, [.. findings.OrderByDescending(one => one.Severity).ThenBy(one => one.Kind)],
            options.Decoding);
    }

    private static ImageFacts[] LookAtAll(List<CheckedImage> images, ImageCheckOptions options)
    {
        var (probe, facts) = (new ImageProbe(options), new ImageFacts[images.Count]);
        var (reporting, done) = (new Lock(), 0);
        InParallel.For(facts.Length, options.Threads ?? Environment.ProcessorCount, options.CancellationToken, i =>
        {
            facts[i] = probe.Look(images[i].Path);
            lock (reporting)
                if (++done % ImagesPerReport == 0 || done == facts.Length)
                    options.Progress?.Report(new ImageReadingProgress("listed", done, facts.Length));
        });
        return facts;
    }

    private static List<ImageClassCount> Classes(ImageListing listing)
    {
        var counts = listing.Parts.SelectMany(part => part.Files.Select(file => (part.Part, file.Label)))
            .CountBy(one => one).ToDictionary();
        return
        [
            .. counts.Keys.Select(one => one.Label).Distinct().Order(StringComparer.Ordinal).Select(label => new ImageClassCount(
                label, Count(DataPart.Training, label), Count(DataPart.Validation, label), Count(DataPart.Test, label))),
        ];

        int Count(DataPart part, string label) => counts.GetValueOrDefault((part, label));
    }
}
