using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Scoring;

/// <summary>Names of the columns that a network for segmentation reads and adds.</summary>
internal sealed record SegmenterColumns(string Image, string PredictedLabels, string Size)
{
    public const string DefaultImage = "Image", DefaultPredictedLabels = "PredictedLabels", DefaultSize = "PredictedLabelsSize";

    public static SegmenterColumns Default { get; } = new(DefaultImage, DefaultPredictedLabels, DefaultSize);

    /// <summary>What is wrong with the names, as arguments of methods.</summary>
    public IEnumerable<string> Faults() => OptionFaults.OfColumns(
        [("imageColumnName", Image), ("predictedLabelsColumnName", PredictedLabels), ("sizeColumnName", Size)]);

    public IReadOnlyList<OutputColumn<LabelMap>> Of(IReadOnlyList<string> classNames)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(
            LabeledImageRow.ClassNamesKind, new VectorDataViewType(TextDataViewType.Instance, classNames.Count),
            (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> value) =>
                value = new(classNames.Count, [.. classNames.Select(name => name.AsMemory())])));
        return
        [
            new LabelMapColumn<byte>(
                PredictedLabels, new VectorDataViewType(NumberDataViewType.Byte), annotations.ToAnnotations(), map => map.Values),
            new LabelMapColumn<int>(Size, new VectorDataViewType(NumberDataViewType.Int32, 2), null, map => [map.Height, map.Width]),
        ];
    }
}

/// <summary>A column with values of a label map.</summary>
internal sealed class LabelMapColumn<TItem>(
    string name, DataViewType type, DataViewSchema.Annotations? annotations, Func<LabelMap, TItem[]> values)
    : OutputColumn<LabelMap>(name, type, annotations)
{
    protected override Delegate Getter(Func<LabelMap> row) => (ValueGetter<VBuffer<TItem>>)((ref VBuffer<TItem> value) =>
    {
        var all = values(row());
        var editor = VBufferEditor.Create(ref value, all.Length);
        all.CopyTo(editor.Values);
        value = editor.Commit();
    });
}
