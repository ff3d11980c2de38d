using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>A column that scoring adds, and how its values follow from one of the graph's outputs.</summary>
internal abstract class OutputColumn(string name, DataViewType type, DataViewSchema.Annotations? annotations, int output)
{
    public string Name => name;

    public DataViewType Type => type;

    public DataViewSchema.Annotations? Annotations => annotations;

    /// <summary>The column's getter, out of the current row's values of an output.</summary>
    public ValueGetter<TValue> Getter<TValue>(Func<int, ReadOnlyMemory<float>> values) =>
        Getter(() => values(output).Span) as ValueGetter<TValue>
        ?? throw new InvalidOperationException(
            $"Column '{name}' has values of type {type.RawType}; they cannot be read as {typeof(TValue)}.");

    protected abstract Delegate Getter(RowValues values);

    protected delegate ReadOnlySpan<float> RowValues();
}

/// <summary>An output as it is: a vector with the output's shape.</summary>
internal sealed class VectorColumn(string name, OnnxOutput output, int index, DataViewSchema.Annotations? annotations = null)
    : OutputColumn(name, new VectorDataViewType(NumberDataViewType.Single, output.Shape.ToArray()), annotations, index)
{
    protected override Delegate Getter(RowValues values) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
    {
        var current = values();
        var editor = VBufferEditor.Create(ref value, current.Length);
        current.CopyTo(editor.Values);
        value = editor.Commit();
    });
}

/// <summary>The class of the highest score as a key, from 1; 0 (missing) where no score is a number.</summary>
internal sealed class PredictedLabelColumn(string name, ClassLabels labels, int index)
    : OutputColumn(name, new KeyDataViewType(typeof(uint), labels.Count), labels.PredictedLabelAnnotations, index)
{
    protected override Delegate Getter(RowValues values) => (ValueGetter<uint>)((ref uint value) => value = FirstMaximum(values()));

    private static uint FirstMaximum(ReadOnlySpan<float> scores)
    {
        var best = -1;
        for (var i = 0; i < scores.Length; i++)
            if (!float.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best]))
                best = i;
        return (uint)(best + 1);
    }
}
