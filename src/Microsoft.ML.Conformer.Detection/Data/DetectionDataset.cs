using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Detection.Data;

/// <summary>Images, whole, and what is in each of them.</summary>
internal sealed class DetectionDataset : PhotoDataset
{
    /// <summary>mmdetection leaves out images with a smaller side.</summary>
    public const int LeastSide = 32;

    /// <summary>What an image counts as whose size cannot be read; it is told when its turn comes.</summary>
    private static readonly ImageSize _unknown = new(LeastSide, LeastSide);

    private readonly IReadOnlyList<MarkedImage> _marked;

    private DetectionDataset(ImageDataset images, IReadOnlyList<MarkedImage> marked, IReadOnlyList<ImageSize> sizes)
        : base(images, sizes, image => Math.Min(sizes[image].Height, sizes[image].Width) >= LeastSide) => _marked = marked;

    /// <summary>The images with objects that reach beyond them, as where their annotations are of another size.</summary>
    public IEnumerable<int> Left => Known.Where(image => _marked[image].Leaves(SizeOf(image)));

    private IEnumerable<int> Known => Enumerable.Range(0, Count).Where(image => SizeOf(image) != _unknown);

    public int ObjectCount => _marked.Sum(image => image.Objects.Count);

    /// <param name="data">The rows.</param>
    /// <param name="columns">Those that say what is in the images; they were checked.</param>
    /// <param name="options">How images are read.</param>
    /// <param name="leavesOutEmpty">Whether images without objects that can be learned are left out.</param>
    /// <param name="fingerprint">Is told of each image and its objects where the options hash images; null where they do not.</param>
    /// <param name="cancellation">Ends it.</param>
    public static DetectionDataset Read(IDataView data, ObjectColumns columns, ImageReadOptions options, bool leavesOutEmpty,
        ImageFingerprints.Fingerprint? fingerprint, CancellationToken cancellation)
    {
        // A row's label is its place in this list.
        var (rows, sizes) = (new List<MarkedImage>(), new List<ImageSize>());
        var images = ImageDataset.Whole(data, options with
        {
            MoreColumns = [.. columns.Others(data.Schema)],
            BindLabel = (row, _) =>
            {
                var read = columns.Bind(row);
                return () =>
                {
                    var marked = read();
                    if (leavesOutEmpty && !marked.Learnable.Any())
                        return null;
                    rows.Add(marked);
                    return rows.Count - 1;
                };
            },
            OnImageRead = row =>
            {
                fingerprint?.Add(HashOf(row.Hash!.Value, rows[(int)row.Taken.Label!.Value]));
                sizes.Add(SizeOf(row, _unknown));
            },
        }, cancellation);
        var dataset = new DetectionDataset(images, [.. images.Labels.Select(label => rows[(int)label])], sizes);
        try
        {
            foreach (var image in dataset.Known)
                dataset.Marked(image).ThrowIfOfAnotherSize(sizes[image], dataset.NameOf(image));
            return dataset;
        }
        catch
        {
            dataset.Dispose();
            throw;
        }
    }

    public MarkedImage Marked(int image) => _marked[image];

    private static UInt128 HashOf(UInt128 image, MarkedImage marked)
    {
        var hash = new XxHash128();
        Append([image]);
        foreach (var one in marked.Objects)
        {
            Append([one.Box]);
            Append([one.Label, one.IsCrowd ? 1 : 0]);
            hash.Append(MemoryMarshal.AsBytes(one.Mask.AsSpan()));
        }
        return hash.GetCurrentHashAsUInt128();

        void Append<T>(ReadOnlySpan<T> values) where T : unmanaged => hash.Append(MemoryMarshal.AsBytes(values));
    }
}
