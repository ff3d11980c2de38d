namespace Microsoft.ML.Conformer.Detection.Checking;

/// <summary>Looks at annotated images: what their reader found, the files, and the classes.</summary>
internal static class DetectionDataCheck
{
    private const int ImagesPerReport = 32, MostShown = 100;

    /// <param name="path">What was read.</param>
    /// <param name="images">What was read of it.</param>
    /// <param name="options">What to look for.</param>
    /// <exception cref="OperationCanceledException">The check was canceled.</exception>
    public static DetectionDataReport Run(string path, AnnotatedImages images, ImageCheckOptions options)
    {
        List<DetectionDataFinding> findings =
        [
            .. images.Findings.Found.Select(one => new DetectionDataFinding(DetectionFindingInfo.KindOf(one.Fault), [], one.Message)),
            .. OfFiles(images.Images, options),
        ];
        var classes = images.ClassNames.Select((name, index) => new DetectionClassCount(
            name, images.Images.Sum(image => image.Objects.Count(Is(index))), images.Images.Count(image => image.Objects.Any(Is(index)))))
            .ToList();
        findings.AddRange(classes.Where(one => one.ImageCount < options.MinImagesPerClass).Select(one => new DetectionDataFinding(
            DetectionDataFindingKind.FewImages, [], FormattableString.Invariant(
                $"The class '{VisibleText.Of(one.Name)}' has {one.ObjectCount:N0} objects in {one.ImageCount:N0} images."))));
        List<string> empty = [.. images.Images.Where(image => !image.Objects.Any(one => !one.IsCrowd)).Select(image => image.Path)];
        if (empty.Count > 0)
            findings.Add(new DetectionDataFinding(DetectionDataFindingKind.NoObjects, [.. empty.Take(MostShown)], FormattableString.Invariant(
                $"{empty.Count:N0} of {images.Images.Count:N0} images have no objects to learn.")));

        var counts = findings.CountBy(finding => finding.Kind).ToDictionary();
        foreach (var fault in Enum.GetValues<AnnotationFault>())
            if (images.Findings.Count(fault) > 0)
                counts[DetectionFindingInfo.KindOf(fault)] = images.Findings.Count(fault);
        return new DetectionDataReport(
            Path.GetFullPath(path), classes, images.Images.Count,
            [.. findings.OrderByDescending(one => one.Severity).ThenBy(one => one.Kind)],
            [.. counts.OrderBy(one => one.Key).Select(one => new DetectionDataFindingCount(one.Key, one.Value))], options.Decoding);

        static Func<AnnotatedObject, bool> Is(int index) => one => one.ClassIndex == index && !one.IsCrowd;
    }

    private static IEnumerable<DetectionDataFinding> OfFiles(IReadOnlyList<AnnotatedImage> images, ImageCheckOptions options)
    {
        var (probe, facts) = (new ImageProbe(options), new (ImageFacts Looked, string? OtherSize)[images.Count]);
        var (reporting, done) = (new Lock(), 0);
        InParallel.For(facts.Length, options.Threads ?? Environment.ProcessorCount, options.CancellationToken, i =>
        {
            facts[i] = (probe.Look(images[i].Path), OtherSize(images[i]));
            lock (reporting)
                if (++done % ImagesPerReport == 0 || done == facts.Length)
                    options.Progress?.Report(new ImageReadingProgress("listed", done, facts.Length));
        });
        foreach (var (image, (looked, otherSize)) in images.Zip(facts))
        {
            foreach (var fault in looked.Faults)
                yield return new DetectionDataFinding(DetectionFindingInfo.KindOf(fault.Kind), [image.Path], fault.Message);
            if (otherSize is not null)
                yield return new DetectionDataFinding(DetectionDataFindingKind.OtherSize, [image.Path], otherSize);
        }
        foreach (var same in images.Zip(facts).Where(one => one.Second.Looked.IsUsable).GroupBy(one => one.Second.Looked.Content)
            .Where(group => group.Count() > 1))
            yield return new DetectionDataFinding(
                DetectionDataFindingKind.SameFiles, [.. same.Select(one => one.First.Path)], $"{same.Count()} files have the same bytes.");
    }

    private static string? OtherSize(AnnotatedImage image) =>
        ImageFileSize.Of(image.Path) is { Fault: null } size && (size.Height, size.Width) != (image.Height, image.Width)
            ? FormattableString.Invariant(
                $"It has {size.Width} x {size.Height} pixels; its annotations say {image.Width} x {image.Height}.")
            : null;
}
