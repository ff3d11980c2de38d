using System.Globalization;
using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Columns;

/// <summary>The classes that a network tells apart, in the order of its outputs, as values of the label column's own type.</summary>
internal abstract class ClassLabels
{
    /// <summary>Kinds of ML.NET's annotations.</summary>
    public const string KeyValuesKind = "KeyValues", SlotNamesKind = "SlotNames", TrainingLabelValuesKind = "TrainingLabelValues";

    public abstract int Count { get; }

    /// <summary>The classes as text, invariant culture.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    public abstract PrimitiveDataViewType ItemType { get; }

    /// <summary>Whether the label column's values are text; only then does ML.NET name the slots of the scores.</summary>
    public bool AreText => ItemType is TextDataViewType;

    /// <summary>Whether the label column's keys carry values (KeyValues); the classes are mere numbers otherwise.</summary>
    public abstract bool HaveKeyValues { get; }

    /// <summary>Annotations of the score column, as ML.NET's own trainers give them: TrainingLabelValues, and SlotNames for text.</summary>
    public abstract DataViewSchema.Annotations ScoreAnnotations { get; }

    /// <summary>Annotations of the predicted-label column: KeyValues where the label column has them.</summary>
    public abstract DataViewSchema.Annotations PredictedLabelAnnotations { get; }

    /// <summary>Reads the classes of a column of keys, or of vectors of keys; without KeyValues they are the numbers 0 to C - 1.</summary>
    public static ClassLabels Of(DataViewSchema.Column label)
    {
        var count = checked((int)((KeyDataViewType)(label.Type is VectorDataViewType keys ? keys.ItemType : label.Type)).Count);
        var values = label.Annotations.Schema.GetColumnOrNull(KeyValuesKind);
        return values?.Type is VectorDataViewType { Size: var size } vector && size == count
            ? (ClassLabels)GenericCall.Invoke(typeof(ClassLabels), nameof(Read), vector.ItemType.RawType, label, vector.ItemType)!
            : Numbered(count);
    }

    /// <summary>Classes that are mere numbers, 0 to C - 1.</summary>
    public static ClassLabels Numbered(int count) => new ClassLabels<uint>(
        [.. Enumerable.Range(0, count).Select(index => (uint)index)], NumberDataViewType.UInt32, haveKeyValues: false);

    /// <summary>What keeps the classes from being told apart, one sentence for each fault.</summary>
    public IEnumerable<string> Faults()
    {
        if (Names.Any(name => name.Length == 0))
            yield return "There is a class without a name.";
        // Halves of surrogate pairs are enumerated as U+FFFD, which they would be in a file, too.
        foreach (var name in Names.Where(name =>
            name.EnumerateRunes().Count(rune => rune == Rune.ReplacementChar) > name.Count(letter => letter == '\uFFFD')).Take(1))
            yield return $"The class '{VisibleText.Of(name)}' has a name that is no valid text.";
        foreach (var same in Names.GroupBy(name => name).Where(group => group.Count() > 1).Take(1))
            yield return $"There are {same.Count()} classes '{VisibleText.Of(same.Key)}'; each needs a name of its own.";
        if (ItemType.RawType == typeof(float) || ItemType.RawType == typeof(double))
            foreach (var name in Names.Where(name => !double.IsFinite(double.Parse(name, CultureInfo.InvariantCulture))).Take(1))
                yield return $"There is a class '{name}', which is no finite number.";
    }

    /// <summary>Whether <paramref name="other"/> has the same classes in the same order.</summary>
    public abstract bool HaveSameOrderAs(ClassLabels other);

    /// <summary>The classes as a data view with one column, for MapValueToKey.</summary>
    public abstract IDataView ToKeyData(DataOperationsCatalog data);

    /// <summary>An estimator that maps <paramref name="codes"/>, one number for each class, to the classes.</summary>
    public abstract IEstimator<ITransformer> MapFromCodes(
        TransformsCatalog transforms, string outputColumnName, string inputColumnName, IReadOnlyList<uint> codes);

    private static ClassLabels<T> Read<T>(DataViewSchema.Column label, PrimitiveDataViewType itemType)
    {
        VBuffer<T> values = default;
        label.Annotations.GetValue(KeyValuesKind, ref values);
        return new ClassLabels<T>([.. values.DenseValues()], itemType, haveKeyValues: true);
    }
}

/// <summary><see cref="ClassLabels"/> of one type.</summary>
internal sealed class ClassLabels<T> : ClassLabels
{
    private readonly T[] _values;

    public ClassLabels(T[] values, PrimitiveDataViewType itemType, bool haveKeyValues)
    {
        (_values, ItemType, HaveKeyValues) = (values, itemType, haveKeyValues);
        Names = [.. values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")];

        var (score, predictedLabel) = (new DataViewSchema.Annotations.Builder(), new DataViewSchema.Annotations.Builder());
        if (haveKeyValues)
        {
            var type = new VectorDataViewType(itemType, values.Length);
            score.Add<VBuffer<T>>(TrainingLabelValuesKind, type, CopyValues);
            if (AreText)
                score.Add<VBuffer<T>>(SlotNamesKind, type, CopyValues);
            predictedLabel.Add<VBuffer<T>>(KeyValuesKind, type, CopyValues);
        }
        (ScoreAnnotations, PredictedLabelAnnotations) = (score.ToAnnotations(), predictedLabel.ToAnnotations());
    }

    public override int Count => _values.Length;

    public override IReadOnlyList<string> Names { get; }

    public override PrimitiveDataViewType ItemType { get; }

    public override bool HaveKeyValues { get; }

    public override DataViewSchema.Annotations ScoreAnnotations { get; }

    public override DataViewSchema.Annotations PredictedLabelAnnotations { get; }

    public override bool HaveSameOrderAs(ClassLabels other) =>
        other is ClassLabels<T> same && same.HaveKeyValues == HaveKeyValues && same.Names.SequenceEqual(Names);

    public override IDataView ToKeyData(DataOperationsCatalog data) =>
        data.LoadFromEnumerable(_values.Select(value => new Row { Value = value }));

    public override IEstimator<ITransformer> MapFromCodes(
        TransformsCatalog transforms, string outputColumnName, string inputColumnName, IReadOnlyList<uint> codes) =>
        AreText
            ? transforms.Conversion.MapValue(outputColumnName, codes.Zip(Names, KeyValuePair.Create), inputColumnName)
            : transforms.Conversion.MapValue(outputColumnName, codes.Zip(_values, KeyValuePair.Create), inputColumnName);

    private void CopyValues(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, _values.Length);
        _values.CopyTo(editor.Values);
        destination = editor.Commit();
    }

    private sealed class Row
    {
        public T? Value { get; set; }
    }
}
