using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Columns;

/// <summary>The columns that training reads, checked, and those that the trained model adds.</summary>
internal static class TrainingColumns
{
    private const string KeyAdvice = "Map it to one by mlContext.Transforms.Conversion.MapValueToKey, before the pipeline or in it.";

    /// <summary>Stands for the number of classes, known only from data: a shape says that a vector's size is known, not the size.</summary>
    private const int SomeClassCount = 2;

    /// <summary>
    /// A key over more classes is taken for a hash (Conversion.Hash makes 2^31 by default, and a head for them does not fit anywhere). It
    /// lies below a hash of 16 bits, and is three times the 21,841 classes of ImageNet-21k.
    /// </summary>
    private const int MaxClassCount = ushort.MaxValue;

    /// <summary>The label column of a training set: a key over at least two classes, and no hash.</summary>
    public static DataViewSchema.Column Label(DataViewSchema schema, string name)
    {
        if (schema.GetColumnOrNull(name) is not { } label)
            throw ColumnErrors.Missing("label", name, schema, KeyAdvice);
        if (label.Type is not KeyDataViewType key || key.RawType != typeof(uint))
            throw ColumnErrors.Mismatch("label", name, "Key<UInt32>", label.Type.ToString()!, KeyAdvice);
        if (key.Count < 2)
            throw ColumnErrors.Mismatch(
                "label", name, "a key over at least 2 classes", $"{key.Count} class", "Check that the data holds images of every class.");
        CheckNoHash("label", name, key);
        return label;
    }

    public static void CheckNoHash(string role, string name, KeyDataViewType key)
    {
        if (key.Count > MaxClassCount)
            throw ColumnErrors.Mismatch(
                role, name, $"a key over at most {MaxClassCount} classes", $"{key.Count}, as hashing makes them",
                "Make the key of the values that there are: use mlContext.Transforms.Conversion.MapValueToKey in place of Hash.");
    }

    /// <summary>Adds what scoring adds to a schema's shape, as ML.NET's own multiclass trainers describe it.</summary>
    public static SchemaShape OutputShape(IHostEnvironment environment, SchemaShape input, string labelColumnName, ScoringColumns columns)
    {
        ShapeColumns.FindImage(input, columns.Image);
        var label = ShapeColumns.Find(input, "label", labelColumnName, KeyAdvice);
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar || label.ItemType != NumberDataViewType.UInt32)
            throw ColumnErrors.Mismatch("label", label.Name, "Key<UInt32>", ShapeColumns.Describe(label), KeyAdvice);

        var added = SchemaDefinition.Create(typeof(AddedColumns));
        var (score, predictedLabel) = (added[nameof(AddedColumns.Score)], added[nameof(AddedColumns.PredictedLabel)]);
        score.ColumnName = columns.Score;
        score.ColumnType = new VectorDataViewType(NumberDataViewType.Single, SomeClassCount);
        predictedLabel.ColumnName = columns.PredictedLabel;
        predictedLabel.ColumnType = new KeyDataViewType(typeof(uint), SomeClassCount);
        foreach (var values in label.Annotations.Where(annotation => annotation.Name == ClassLabels.KeyValuesKind && !annotation.IsKey))
            if (values.ItemType is PrimitiveDataViewType type)
                GenericCall.Invoke(typeof(TrainingColumns), nameof(Annotate), type.RawType, score, predictedLabel, type);
        return ShapeColumns.Add<AddedColumns>(environment, input, added);
    }

    private static void Annotate<T>(SchemaDefinition.Column score, SchemaDefinition.Column predictedLabel, PrimitiveDataViewType itemType)
    {
        var type = new VectorDataViewType(itemType, SomeClassCount);
        var values = new VBuffer<T>(SomeClassCount, new T[SomeClassCount]);
        score.AddAnnotation(ClassLabels.TrainingLabelValuesKind, values, type);
        if (itemType is TextDataViewType)
            score.AddAnnotation(ClassLabels.SlotNamesKind, values, type);
        predictedLabel.AddAnnotation(ClassLabels.KeyValuesKind, values, type);
    }

    private sealed class AddedColumns
    {
        public float[] Score { get; set; } = [];
        public uint PredictedLabel { get; set; }
    }
}
