using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Batches;

/// <summary>
/// The objects of a batch's images as tensors with N first, which a step can divide: sizes [N, 2], boxes [N, M, 4], labels [N, M], -1
/// beyond an image's objects; and of masks the number of runs of each object, [N, M], and all runs one after the other, [N, R]. They stay
/// on the CPU, where objects are matched with boxes.
/// </summary>
internal static class TargetTensors
{
    private const long None = -1;

    public static IReadOnlyList<Tensor> Write(IReadOnlyList<AugmentedImage> images)
    {
        var (n, m) = (images.Count, Math.Max(1, images.Max(image => image.Boxes.Count)));
        var r = Math.Max(1, images.Max(image => image.Masks.Sum(mask => mask.Counts.Count)));
        var (sizes, boxes, labels) = (new long[n * 2], new float[n * m * 4], new long[n * m]);
        var (lengths, runs) = (new long[n * m], new int[n * r]);
        Array.Fill(labels, None);
        foreach (var (i, image) in images.Index())
        {
            (sizes[2 * i], sizes[2 * i + 1]) = (image.Image.Height, image.Image.Width);
            for (var j = 0; j < image.Boxes.Count; j++)
            {
                var box = image.Boxes[j];
                ((float[])[box.X0, box.Y0, box.X1, box.Y1]).CopyTo(boxes.AsSpan(((i * m) + j) * 4));
                labels[(i * m) + j] = image.Labels[j];
            }
            var at = i * r;
            foreach (var (j, mask) in image.Masks.Index())
            {
                lengths[(i * m) + j] = mask.Counts.Count;
                foreach (var count in mask.Counts)
                    runs[at++] = count;
            }
        }
        return
        [
            tensor(sizes).view(n, 2), tensor(boxes).view(n, m, 4), tensor(labels).view(n, m), tensor(lengths).view(n, m),
            tensor(runs).view(n, r),
        ];
    }

    public static IReadOnlyList<ImageObjects> Read(IReadOnlyList<Tensor> targets)
    {
        T[] Values<T>(int index) where T : unmanaged => targets[index].contiguous().data<T>().ToArray();
        var (sizes, boxes, labels, lengths, runs) =
            (Values<long>(0), Values<float>(1), Values<long>(2), Values<long>(3), Values<int>(4));
        var n = (int)targets[0].shape[0];
        var (m, r) = (labels.Length / n, runs.Length / n);
        return [.. Enumerable.Range(0, n).Select(i =>
        {
            var size = new ImageSize((int)sizes[2 * i], (int)sizes[2 * i + 1]);
            int[] objects = [.. Enumerable.Range(i * m, m).Where(place => labels[place] != None)];
            var at = i * r;
            return new ImageObjects(
                size, [.. objects.Select(place => new Box(
                    boxes[4 * place], boxes[4 * place + 1], boxes[4 * place + 2], boxes[4 * place + 3]))],
                [.. objects.Select(place => (int)labels[place])],
                [.. objects.Where(place => lengths[place] > 0).Select(place =>
                {
                    var counts = runs.AsSpan(at, (int)lengths[place]).ToArray();
                    at += counts.Length;
                    return RunLengthMask.FromCounts(counts.Select(count => (long)count), size.Height, size.Width);
                })]);
        })];
    }
}
