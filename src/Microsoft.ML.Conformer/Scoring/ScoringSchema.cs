using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Conformer.Scoring;

/// <summary>An input schema and what scoring adds: Score, [C] class probabilities, and PredictedLabel, a key over the C classes.</summary>
internal sealed class ScoringSchema
{
    public const string LoadImagesAdvice = "Make it with mlContext.Transforms.LoadImages, or load a class with an MLImage property.";

    private readonly int _classCount;

    /// <exception cref="ArgumentOutOfRangeException">The image column is absent or no image.</exception>
    public ScoringSchema(DataViewSchema input, ScoringColumns columns, ClassLabels labels)
    {
        Input = input;
        Image = ImageColumn(input, columns.Image);
        _classCount = labels.Count;

        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        builder.AddColumn(columns.Score, new VectorDataViewType(NumberDataViewType.Single, labels.Count), labels.ScoreAnnotations);
        builder.AddColumn(columns.PredictedLabel, new KeyDataViewType(typeof(uint), labels.Count), labels.PredictedLabelAnnotations);
        Output = builder.ToSchema();
    }

    public DataViewSchema Input { get; }

    /// <summary>The input's columns at their places, then Score, then PredictedLabel.</summary>
    public DataViewSchema Output { get; }

    public DataViewSchema.Column Image { get; }

    /// <exception cref="ArgumentOutOfRangeException">The column is absent or no image.</exception>
    public static DataViewSchema.Column ImageColumn(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is not { } column)
            throw ColumnErrors.Missing("image", name, schema, LoadImagesAdvice);
        return column.Type is ImageDataViewType
            ? column
            : throw ColumnErrors.Mismatch("image", name, "Image", column.Type.ToString()!, LoadImagesAdvice);
    }

    /// <summary>Whether a column of <see cref="Output"/> is one that scoring adds.</summary>
    public bool IsScored(DataViewSchema.Column column) => column.Index >= Input.Count;

    /// <summary>The input columns that pass through among <paramref name="outputs"/>.</summary>
    public IEnumerable<DataViewSchema.Column> PassedThrough(IEnumerable<DataViewSchema.Column> outputs) =>
        outputs.Where(column => !IsScored(column)).Select(column => Input[column.Index]);

    /// <summary>The getter of a column that scoring adds.</summary>
    /// <param name="column">Score or PredictedLabel.</param>
    /// <param name="scores">Gives the current row's C probabilities.</param>
    /// <exception cref="InvalidOperationException">The column's type is not <typeparamref name="TValue"/>.</exception>
    public ValueGetter<TValue> ScoredGetter<TValue>(DataViewSchema.Column column, Func<ReadOnlyMemory<float>> scores)
    {
        void GetScore(ref VBuffer<float> value)
        {
            var current = scores().Span;
            var editor = VBufferEditor.Create(ref value, _classCount);
            current.CopyTo(editor.Values);
            value = editor.Commit();
        }

        void GetPredictedLabel(ref uint value) => value = FirstMaximum(scores().Span);

        Delegate getter = column.Index == Input.Count
            ? (ValueGetter<VBuffer<float>>)GetScore
            : (ValueGetter<uint>)GetPredictedLabel;
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException(
                $"Column '{column.Name}' has values of type {column.Type.RawType}; they cannot be read as {typeof(TValue)}.");
    }

    /// <summary>The key, from 1, of the first of the highest scores; 0 (missing) where no score is a number.</summary>
    private static uint FirstMaximum(ReadOnlySpan<float> scores)
    {
        var best = -1;
        for (var i = 0; i < scores.Length; i++)
        {
            if (!float.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best]))
                best = i;
        }
        return (uint)(best + 1);
    }
}
