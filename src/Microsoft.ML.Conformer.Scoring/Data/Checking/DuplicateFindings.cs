namespace Microsoft.ML.Conformer.Data.Checking;

/// <summary>Images that are there more than once: the same bytes, or the same look.</summary>
internal static class DuplicateFindings
{
    /// <param name="images">All images, with what a look at them gave; those that cannot be used are left aside.</param>
    /// <param name="distance">Bits in which the hashes of near duplicates differ at most; null: none are looked for.</param>
    /// <param name="cancellation">Ends the search.</param>
    public static IEnumerable<ImageFinding> Find(
        IReadOnlyList<(CheckedImage Image, ImageFacts Facts)> images, int? distance, CancellationToken cancellation)
    {
        foreach (var same in images.Where(one => one.Facts.IsUsable).GroupBy(one => one.Facts.Content).Where(same => same.Skip(1).Any()))
            yield return Finding([.. same.Select(one => one.Image)], areExact: true);

        var withLook = images.Where(one => distance is not null && one.Facts.Look is not null).ToList();
        var hashes = withLook.Select(one => one.Facts.Look!.Value).Distinct().ToArray();
        var groups = hashes.Zip(NearHashes.Group(hashes, distance ?? 0, cancellation)).ToDictionary(one => one.First, one => one.Second);
        foreach (var near in withLook.GroupBy(one => groups[one.Facts.Look!.Value]))
            if (near.DistinctBy(one => one.Facts.Content).Skip(1).Any())
                yield return Finding([.. near.Select(one => one.Image)], areExact: false);
    }

    private static ImageFinding Finding(CheckedImage[] files, bool areExact)
    {
        var parts = files.Select(file => file.Part).Distinct().ToList();
        var classes = files.Select(file => file.Class).Distinct().ToList();
        var kind = (parts.Count > 1, classes.Count > 1, areExact) switch
        {
            (true, _, true) => ImageFindingKind.DuplicatesAcrossParts,
            (true, _, false) => ImageFindingKind.NearDuplicatesAcrossParts,
            (_, true, true) => ImageFindingKind.DuplicatesAcrossClasses,
            (_, true, false) => ImageFindingKind.NearDuplicatesAcrossClasses,
            (_, _, true) => ImageFindingKind.Duplicates,
            _ => ImageFindingKind.NearDuplicates,
        };
        var where = $"in the {(classes.Count > 1 ? "classes" : "class")} {ClassFindings.Names(classes)}" +
            (parts.Count > 1 ? $", in {string.Join(" and ", parts)}" : "");
        return new ImageFinding(kind, files, FormattableString.Invariant($"{files.Length:N0} files ") +
            (areExact ? $"have the same bytes, {where}." : $"look the same or nearly so, {where}."));
    }
}
