namespace Microsoft.ML.Conformer.Detection.Reports;

/// <summary>An image that a page shows.</summary>
internal sealed record ShownImage(EvaluatedDetections Image, JudgedImage Judged)
{
    public int MistakeCount => Image.Mistakes.Wrong + Image.Mistakes.Missed;
}

/// <summary>Keeps the images with the most mistakes, as all of them with their masks would take much memory.</summary>
internal sealed class WorstImages
{
    private const int Most = 24;

    private readonly PriorityQueue<ShownImage, (int Mistakes, int Earlier)> _kept = new();
    private int _count;

    /// <summary>The worst first, of equals the earlier one.</summary>
    public IReadOnlyList<ShownImage> Images =>
        [.. _kept.UnorderedItems.OrderByDescending(one => one.Priority).Select(one => one.Element)];

    public void Add(ShownImage image)
    {
        _count++;
        if (image.MistakeCount == 0 || image.Image.Path is null)
            return;
        _kept.Enqueue(image, (image.MistakeCount, -_count));
        if (_kept.Count > Most)
            _kept.Dequeue();
    }
}
