namespace Microsoft.ML.Conformer.Detection.LabelMaps;

/// <summary>An image's file and its label map's.</summary>
internal readonly record struct LabeledImage(string Image, string LabelMap);

/// <summary>Images with label maps, each looked at.</summary>
/// <param name="ClassNames">The classes.</param>
/// <param name="Rule">What the maps' values mean.</param>
/// <param name="Images">Those that can be used.</param>
/// <param name="Findings">What was wrong with the others.</param>
internal sealed record LabeledImages(
    IReadOnlyList<string> ClassNames, LabelRule Rule, IReadOnlyList<LabeledImage> Images, AnnotationFindings Findings)
{
    private const int MostThreads = 16;

    /// <summary>Reads all label maps and the headers of all images, on all processors.</summary>
    /// <param name="found">The files.</param>
    /// <param name="classNames">The classes.</param>
    /// <param name="rule">What values mean.</param>
    /// <exception cref="InvalidDataException">No image can be used; the message says what was found.</exception>
    public static LabeledImages Check(FoundFiles found, IReadOnlyList<string> classNames, LabelRule rule)
    {
        var faults = new (AnnotationFault Fault, string Message)?[found.Pairs.Count];
        InParallel.For(
            found.Pairs.Count, Math.Min(Environment.ProcessorCount, MostThreads), CancellationToken.None,
            index => faults[index] = FaultOf(found.Pairs[index], rule));
        foreach (var (pair, fault) in found.Pairs.Zip(faults))
            if (fault is { } one)
                found.Findings.Add(one.Fault, pair.LabelMap, Path.GetFileName(pair.Image), null, one.Message.TrimEnd('.'));
        List<LabeledImage> usable = [.. found.Pairs.Where((_, index) => faults[index] is null)];
        return usable.Count > 0
            ? new LabeledImages(classNames, rule, usable, found.Findings)
            : throw new InvalidDataException(
                $"'{VisibleText.OfPath(found.Folder)}' has no image with a label map that can be used. " +
                string.Join(" ", found.Findings.Describe()));
    }

    /// <summary>The greatest value of all maps that can be read, but 255.</summary>
    public static int GreatestValue(FoundFiles found)
    {
        var greatest = new int[found.Pairs.Count];
        InParallel.For(found.Pairs.Count, Math.Min(Environment.ProcessorCount, MostThreads), CancellationToken.None, index =>
        {
            try
            {
                greatest[index] = LabelMap.Read(found.Pairs[index].LabelMap).Values.Where(value => value != LabelRule.Ignored)
                    .DefaultIfEmpty().Max();
            }
            catch (Exception e) when (BadImage.CanCause(e))
            {
                greatest[index] = 0; // told when it is checked
            }
        });
        return greatest.DefaultIfEmpty().Max();
    }

    private static (AnnotationFault, string)? FaultOf(LabeledImage pair, LabelRule rule)
    {
        LabelMap map;
        try
        {
            map = LabelMap.Read(pair.LabelMap);
        }
        catch (Exception e) when (BadImage.CanCause(e))
        {
            return (AnnotationFault.BadLabelMap, VisibleText.Reason(e));
        }
        var (height, width, fault) = ImageFileSize.Of(pair.Image);
        if (fault is not null)
            return (AnnotationFault.BadImage, fault);
        if ((height, width) != (map.Height, map.Width))
            return (AnnotationFault.LabelMapSize, $"it has {map.Width} x {map.Height} pixels, the image {width} x {height}");
        try
        {
            rule.Apply(map);
            return null;
        }
        catch (InvalidDataException e)
        {
            return (AnnotationFault.UnknownLabel, e.Message);
        }
    }
}
