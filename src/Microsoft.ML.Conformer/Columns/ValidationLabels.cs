using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Conformer.Columns;

/// <summary>Brings a validation set's labels to the training labels' keys.</summary>
internal static class ValidationLabels
{
    private const string Advice = "Give the validation set the same label column as the training data.";

    /// <summary>The validation set with its labels as a key over the training classes; labels that are none become missing.</summary>
    public static IDataView InOrderOf(
        IHostEnvironment environment, ClassLabels training, IDataView data, string name, string imageColumnName)
    {
        ShapeColumns.FindImage(data.Schema, imageColumnName);
        if (data.Schema.GetColumnOrNull(name) is not { } label)
            throw ColumnErrors.Missing("validation label", name, data.Schema, Advice);
        if (label.Type is KeyDataViewType key)
            TrainingColumns.CheckNoHash("validation label", name, key);

        var classes = label.Type is KeyDataViewType ? ClassLabels.Of(label) : null;
        if (classes?.HaveSameOrderAs(training) == true)
            return data;

        var conversion = CallerEnvironment.Transforms(environment).Conversion;
        var keyData = training.ToKeyData(CallerEnvironment.Data(environment));
        var valueType = keyData.Schema[0].Type;
        var toKey = conversion.MapValueToKey(name, keyData: keyData);
        if (training.HaveKeyValues && label.Type.Equals(valueType))
            return toKey.Fit(data).Transform(data);
        if (training.HaveKeyValues && classes is { HaveKeyValues: true } && classes.GetType() == training.GetType())
            return conversion.MapKeyToValue(name).Append(toKey).Fit(data).Transform(data);
        throw ColumnErrors.Mismatch(
            "validation label", name, $"Key<UInt32> over, or values of, {valueType}", label.Type.ToString()!, Advice);
    }
}
