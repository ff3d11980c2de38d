using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// Computes multiclass metrics in one pass. Rows without a label, or with scores that are not finite, are skipped silently.
/// </summary>
internal static class MulticlassEvaluator
{
    public static MulticlassClassificationMetrics Evaluate(
        IHostEnvironment env, IDataView data, string labelName, string scoreName, string predictedLabelName, int topK)
    {
        var label = Find(env, data.Schema, labelName, "Label");
        var score = Find(env, data.Schema, scoreName, "Score");
        // The predicted label must be there, but is not read: a prediction is the first of the highest scores.
        Find(env, data.Schema, predictedLabelName, "PredictedLabel");
        if (score.Type is not VectorDataViewType { Size: >= 2 } scoreType || scoreType.ItemType != NumberDataViewType.Single)
        {
            throw env.ExceptSchemaMismatch("schema", "score", score.Name, "vector of two or more items of type Single",
                score.Type.ToString());
        }
        if (label.Type != NumberDataViewType.Single && label.Type.GetKeyCount() == 0)
            throw env.ExceptSchemaMismatch("schema", "label", label.Name, "Single or Key", label.Type.ToString());

        var counters = new MulticlassCounters(scoreType.Size, topK);
        using var cursor = data.GetRowCursor([label, score]);
        var getLabel = LabelReader(cursor, label);
        var getScores = cursor.GetGetter<VBuffer<float>>(score);
        var buffer = default(VBuffer<float>);
        var scores = new float[scoreType.Size];
        while (cursor.MoveNext())
        {
            var value = getLabel();
            if (float.IsNaN(value) || value < 0 || value != (int)value)
                continue;
            getScores(ref buffer);
            env.Check(buffer.Length == scores.Length, "Operation is not valid due to the current state of the object.");
            buffer.CopyTo(scores);
            if (scores.All(float.IsFinite))
                counters.Add((int)value, scores);
        }
        return counters.ToMetrics(ClassNames(score));
    }

    private static DataViewSchema.Column Find(IHostEnvironment env, DataViewSchema schema, string name, string role) =>
        schema.GetColumnOrNull(name) ?? throw env.ExceptParam(nameof(schema), $"{name} column '{role}' not found");

    /// <summary>The 0-based label of the current row; NaN where it is missing.</summary>
    private static Func<float> LabelReader(DataViewRow row, DataViewSchema.Column label)
    {
        if (label.Type is KeyDataViewType key)
            return GenericCall.Invoke<Func<float>>(KeyReader<int>, key.RawType, row, label, key.Count);
        var getter = row.GetGetter<float>(label);
        return () =>
        {
            var value = 0f;
            getter(ref value);
            return value;
        };
    }

    private static Func<float> KeyReader<T>(DataViewRow row, DataViewSchema.Column label, ulong count)
        where T : struct
    {
        var getter = row.GetGetter<T>(label);
        return () =>
        {
            T value = default;
            getter(ref value);
            var key = Convert.ToUInt64(value);
            return key > 0 && key <= count ? key - 1 : float.NaN;
        };
    }

    /// <summary>The slot names of the scores, or else the class indices.</summary>
    private static string[] ClassNames(DataViewSchema.Column score)
    {
        if (!score.HasSlotNames())
            return Enumerable.Range(0, score.Type.GetVectorSize()).Select(i => i.ToString()).ToArray();
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        score.GetSlotNames(ref names);
        return names.DenseValues().Select(name => name.ToString()).ToArray();
    }
}
