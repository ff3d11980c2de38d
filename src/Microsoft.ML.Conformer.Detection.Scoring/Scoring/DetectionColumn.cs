using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Detection.Scoring;

/// <summary>A column with so many values for each object found, in a vector of any length.</summary>
internal sealed class DetectionColumn<TItem>(
    string name, DataViewType type, DataViewSchema.Annotations? annotations, int valuesEach, DetectionColumn<TItem>.Writer write)
    : OutputColumn<Detections>(name, type, annotations)
{
    /// <summary>Writes an object's values.</summary>
    public delegate void Writer(Detections all, DetectedObject one, Span<TItem> values);

    protected override Delegate Getter(Func<Detections> row) => (ValueGetter<VBuffer<TItem>>)((ref VBuffer<TItem> value) =>
    {
        var all = row();
        var editor = VBufferEditor.Create(ref value, all.Found.Count * valuesEach);
        for (var i = 0; i < all.Found.Count; i++)
            write(all, all.Found[i], editor.Values.Slice(i * valuesEach, valuesEach));
        value = editor.Commit();
    });
}

/// <summary>The columns that a detector adds, of the types that ML.NET's own has.</summary>
internal static class DetectionColumns
{
    public static IReadOnlyList<OutputColumn<Detections>> Of(DetectorModel model, DetectorColumns names)
    {
        var threshold = model.Metadata.Rules.MaskThreshold;
        List<OutputColumn<Detections>> columns =
        [
            new DetectionColumn<uint>(
                names.PredictedLabel, new VectorDataViewType(new KeyDataViewType(typeof(uint), model.Labels.Count)),
                model.Labels.PredictedLabelAnnotations, 1, (_, one, values) => values[0] = (uint)one.Label + 1),
            new DetectionColumn<float>(
                names.Score, new VectorDataViewType(NumberDataViewType.Single), null, 1, (_, one, values) => values[0] = one.Score),
            new DetectionColumn<float>(
                names.Boxes, new VectorDataViewType(NumberDataViewType.Single), null, 4, (_, one, values) =>
                    (values[0], values[1], values[2], values[3]) = (one.Box.X0, one.Box.Y0, one.Box.X1, one.Box.Y1)),
        ];
        if (model.Architecture.HasMasks)
            columns.Add(new DetectionColumn<ReadOnlyMemory<char>>(
                names.Masks, new VectorDataViewType(TextDataViewType.Instance), null, 1, (all, one, values) =>
                    values[0] = all.MaskOf(one, threshold)));
        return columns;
    }
}
