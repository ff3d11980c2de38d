using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Rows;

/// <summary>The columns that say what a detector found in an image, as ML.NET's own adds them.</summary>
/// <param name="Label">A key for each object.</param>
/// <param name="Score">How sure the detector is of each.</param>
/// <param name="BoundingBoxes">x0, y0, x1, y1 for each, in pixels.</param>
/// <param name="Masks">COCO's compressed text for each; null where there are no masks.</param>
internal sealed record FoundColumns(string Label, string Score, string BoundingBoxes, string? Masks)
{
    private const string Advice = "a detector's Transform adds it.";

    public IEnumerable<string> All => ((string?[])[Label, Score, BoundingBoxes, Masks]).OfType<string>();

    /// <summary>Checks that the columns are there and have the right types. Returns the label's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is absent or of another type.</exception>
    public DataViewSchema.Column Check(DataViewSchema schema)
    {
        var label = ObjectVector.Find(schema, Label, "predicted label", "a vector of keys", ObjectVector.AreKeys, Advice);
        ObjectVector.Find(schema, Score, "score", "a vector of Single", ObjectVector.AreNumbers, Advice);
        ObjectVector.Find(
            schema, BoundingBoxes, "predicted bounding box", "a vector of Single", ObjectVector.AreNumbers, Advice);
        if (Masks is not null)
            ObjectVector.Find(schema, Masks, "predicted mask", "a vector of text", ObjectVector.AreTexts, Advice);
        return label;
    }

    /// <summary>
    /// Reads the objects of the cursor's row; the function takes the image's size, which masks alone need. It throws where the columns do
    /// not fit together.
    /// </summary>
    public Func<ImageSize, IReadOnlyList<FoundObject>> Bind(DataViewRow row)
    {
        var labels = ObjectVector.Getter<uint>(row, Label);
        var scores = ObjectVector.Getter<float>(row, Score);
        var boxes = ObjectVector.Getter<float>(row, BoundingBoxes);
        var masks = Masks is null ? null : ObjectVector.Getter<ReadOnlyMemory<char>>(row, Masks);
        return size =>
        {
            var (keys, score, edges, texts) = (labels(), scores(), boxes(), masks?.Invoke());
            ObjectVector.ThrowIfOther(
                row, Label, keys.Length, (Score, score.Length, 1), (BoundingBoxes, edges.Length, 4), (Masks, texts?.Length, 1));
            return [.. Enumerable.Range(0, keys.Length).Where(i => keys[i] > 0).Select(i => new FoundObject(
                (int)keys[i] - 1, new Box(edges[4 * i], edges[4 * i + 1], edges[4 * i + 2], edges[4 * i + 3]).ToImageBox(), score[i],
                texts is null ? null : RunLengthMask.Parse(texts[i].ToString(), size.Height, size.Width)))];
        };
    }
}
