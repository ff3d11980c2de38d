using System.IO.Hashing;
using System.Text;

namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>
/// Draws parts from training images, a fraction of each class. What is drawn follows from the seed and each image's path below the root
/// alone: the order of listing does not matter, nor where the root lies, and images that are added leave most others where they were.
/// </summary>
internal sealed class StratifiedSplit(ImageListing listing, int seed)
{
    private const int MaxNamed = 5;

    /// <summary>Draws at least one image of each class for each part, and leaves at least one.</summary>
    /// <param name="fractions">The parts to draw, and the fractions of the images for them.</param>
    /// <exception cref="InvalidDataException">
    /// Classes have fewer images than there are parts; the message tells how many they lack.
    /// </exception>
    /// <returns>All training images by their parts, sorted as they were.</returns>
    public Dictionary<DataPart, List<ImageFile>> Draw(IReadOnlyDictionary<DataPart, double> fractions)
    {
        var training = listing[DataPart.Training]!;
        var classes = training.Files.GroupBy(file => file.Label).ToList();
        ThrowIfTooFew(training.Name, classes, fractions);
        var drawn = new Dictionary<ImageFile, DataPart>();
        foreach (var files in classes)
        {
            var (shuffled, left) = (files.OrderBy(Number).ThenBy(file => file.ImagePath, StringComparer.Ordinal).ToList(), files.Count());
            var parts = fractions.Count;
            var next = 0;
            foreach (var (part, fraction) in fractions)
            {
                var count = Math.Clamp((int)Math.Round(shuffled.Count * fraction), 1, left - parts--);
                foreach (var file in shuffled.Slice(next, count))
                    drawn.Add(file, part);
                (next, left) = (next + count, left - count);
            }
        }
        return training.Files.GroupBy(file => drawn.GetValueOrDefault(file, DataPart.Training))
            .ToDictionary(part => part.Key, part => part.ToList());
    }

    private void ThrowIfTooFew(
        string name, IEnumerable<IGrouping<string, ImageFile>> classes, IReadOnlyDictionary<DataPart, double> fractions)
    {
        var needed = fractions.Count + 1;
        var few = classes.Where(files => files.Count() < needed).ToList();
        if (few.Count == 0)
            return;
        var named = few.Take(MaxNamed).Select(
            files => $"{VisibleText.Of(files.Key)} has {files.Count()} and lacks {needed - files.Count()}");
        var more = few.Count > MaxNamed ? $", and {few.Count - MaxNamed} others" : "";
        throw new InvalidDataException(
            $"{name} of '{VisibleText.OfPath(listing.Root)}' cannot be split: each class needs at least {needed} images, one for " +
            $"training and one for {string.Join(" and one for ", fractions.Keys.Select(DataPartNames.Word))}. " +
            $"{string.Join(", ", named)}{more}. Add images, remove these classes, or give the parts as folders of their " +
            $"own{listing.PassedOver.InBrackets()}.");
    }

    private ulong Number(ImageFile file) => XxHash64.HashToUInt64(
        Encoding.UTF8.GetBytes(Path.GetRelativePath(listing.Root, file.ImagePath).Replace(Path.DirectorySeparatorChar, '/')), seed);
}
