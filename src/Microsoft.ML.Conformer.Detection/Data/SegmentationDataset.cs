using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>Images, whole, and the files that say of which class each of their pixels is.</summary>
internal sealed class SegmentationDataset : PhotoDataset
{
    private readonly IReadOnlyList<string> _maps;
    private readonly LabelRule _rule;

    private SegmentationDataset(ImageDataset images, IReadOnlyList<ImageSize> sizes, IReadOnlyList<string> maps, LabelRule rule)
        : base(images, sizes, _ => true) => (_maps, _rule) = (maps, rule);

    /// <param name="data">The rows.</param>
    /// <param name="rule">What the maps' values mean.</param>
    /// <param name="options">How images are read; the label column has the maps' paths.</param>
    /// <param name="fingerprint">Is told of each image and its map where the options hash images; null where they do not.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidDataException">A map cannot be used, or has another size than its image; the message names it.</exception>
    public static SegmentationDataset Read(
        IDataView data, LabelRule rule, ImageReadOptions options, ImageFingerprints.Fingerprint? fingerprint,
        CancellationToken cancellation)
    {
        var known = CheckAll(data, rule, options, cancellation);
        // A row's label is its place in this list.
        var (paths, sizes) = (new List<string>(), new List<ImageSize>());
        var images = ImageDataset.Whole(data, options with
        {
            BindLabel = (row, column) =>
            {
                var read = Paths(row, column);
                return () =>
                {
                    paths.Add(read());
                    return paths.Count - 1;
                };
            },
            OnImageRead = row =>
            {
                var path = paths[(int)row.Taken.Label!.Value];
                if (!known.TryGetValue(path, out var map)) // where a view gives other rows each time
                    known[path] = map = KnownMap.Of(rule.Load(path));
                var size = SizeOf(row, otherwise: map.Size);
                if (size != map.Size)
                    throw new InvalidDataException(
                        $"The label map '{VisibleText.OfPath(path)}' has {map.Size.Width} x {map.Size.Height} pixels, and the image " +
                        $"'{VisibleText.OfPath(row.Taken.Name)}' {size.Width} x {size.Height}; they must be the same.");
                sizes.Add(size);
                fingerprint?.Add(XxHash128.HashToUInt128(MemoryMarshal.AsBytes<UInt128>([row.Hash!.Value, map.Hash])));
            },
        }, cancellation);
        return new SegmentationDataset(images, sizes, [.. images.Labels.Select(label => paths[(int)label])], rule);
    }

    /// <summary>An image's classes.</summary>
    /// <exception cref="InvalidDataException">The file cannot be used any more; the message names it.</exception>
    public LabelMap LabelsOf(int image) => _rule.Load(_maps[image]) is var map && new ImageSize(map.Height, map.Width) == SizeOf(image)
        ? map
        : throw new InvalidDataException($"The label map '{VisibleText.OfPath(_maps[image])}' has another size than when training began.");

    /// <summary>What is known of all label maps, each of which is read on one of all processors.</summary>
    private static Dictionary<string, KnownMap> CheckAll(
        IDataView data, LabelRule rule, ImageReadOptions options, CancellationToken cancellation)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var column = data.Schema[options.LabelColumnName];
        using (var cursor = data.GetRowCursor([column]))
            for (var read = Paths(cursor, column); cursor.MoveNext(); cancellation.ThrowIfCancellationRequested())
                paths.Add(read());
        string[] all = [.. paths];
        var maps = new KnownMap[all.Length];
        InParallel.For(all.Length, options.Workers, cancellation, index => maps[index] = KnownMap.Of(rule.Load(all[index])));
        return all.Zip(maps).ToDictionary(map => map.First, map => map.Second, StringComparer.Ordinal);
    }

    private static Func<string> Paths(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> path = default;
        return () =>
        {
            getter(ref path);
            return path.IsEmpty
                ? throw new InvalidDataException(
                    $"Row {row.Position} has no label map (column '{column.Name}'). Leave out images without one.")
                : path.ToString();
        };
    }

    private readonly record struct KnownMap(ImageSize Size, UInt128 Hash)
    {
        public static KnownMap Of(LabelMap map) => new(new ImageSize(map.Height, map.Width), XxHash128.HashToUInt128(map.Values));
    }
}
