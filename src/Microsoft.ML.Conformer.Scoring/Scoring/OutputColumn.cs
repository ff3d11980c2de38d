using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>A column that scoring adds, and how its values follow from what is known of a row.</summary>
internal abstract class OutputColumn<TRow>(string name, DataViewType type, DataViewSchema.Annotations? annotations)
{
    public string Name => name;

    public DataViewType Type => type;

    public DataViewSchema.Annotations? Annotations => annotations;

    /// <summary>The column's getter, out of the current row.</summary>
    public ValueGetter<TValue> Getter<TValue>(Func<TRow> row) =>
        Getter(row) as ValueGetter<TValue>
        ?? throw new InvalidOperationException(
            $"Column '{name}' has values of type {type.RawType}; they cannot be read as {typeof(TValue)}.");

    protected abstract Delegate Getter(Func<TRow> row);
}

/// <summary>An output as it is: a vector with the output's shape.</summary>
internal sealed class VectorColumn(string name, OnnxOutput output, int index, DataViewSchema.Annotations? annotations = null)
    : OutputColumn<RowOutputs>(name, new VectorDataViewType(NumberDataViewType.Single, output.Shape.ToArray()), annotations)
{
    protected override Delegate Getter(Func<RowOutputs> row) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
    {
        var current = row().Of(index);
        var editor = VBufferEditor.Create(ref value, current.Length);
        current.CopyTo(editor.Values);
        value = editor.Commit();
    });
}

/// <summary>The class of the highest score as a key, from 1; 0 (missing) where no score is a number.</summary>
internal sealed class PredictedLabelColumn(string name, ClassLabels labels, int index)
    : OutputColumn<RowOutputs>(name, new KeyDataViewType(typeof(uint), labels.Count), labels.PredictedLabelAnnotations)
{
    protected override Delegate Getter(Func<RowOutputs> row) =>
        (ValueGetter<uint>)((ref uint value) => value = FirstMaximum(row().Of(index)));

    private static uint FirstMaximum(ReadOnlySpan<float> scores)
    {
        var best = -1;
        for (var i = 0; i < scores.Length; i++)
            if (!float.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best]))
                best = i;
        return (uint)(best + 1);
    }
}
