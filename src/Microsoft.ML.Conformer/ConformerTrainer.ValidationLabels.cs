using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer;

public sealed partial class ConformerTrainer
{
    /// <summary>Brings a validation set's labels to the training labels' keys.</summary>
    private static class ValidationLabels
    {
        private const string Advice = "Give the validation set the same label column as the training data.";

        /// <summary>
        /// The validation set with its label column as a key over the training classes; labels that are no training class become missing.
        /// </summary>
        /// <exception cref="ArgumentOutOfRangeException">A column is absent or of another type.</exception>
        public static IDataView InOrderOf(ClassLabels training, IDataView data, Options options)
        {
            var name = options.LabelColumnName;
            ShapeColumns.FindImage(data.Schema, options.ImageColumnName);
            if (data.Schema.GetColumnOrNull(name) is not { } label)
                throw ColumnErrors.Missing("validation label", name, data.Schema, Advice);

            if (label.Type is KeyDataViewType key)
                CheckNoHash("validation label", name, key);

            var classes = label.Type is KeyDataViewType ? ClassLabels.Of(label) : null;
            if (classes?.HaveSameOrderAs(training) == true)
                return data;

            var context = new MLContext();
            var keyData = training.ToKeyData(context.Data);
            var valueType = keyData.Schema[0].Type;
            var toKey = context.Transforms.Conversion.MapValueToKey(name, keyData: keyData);
            if (training.HaveKeyValues && label.Type.Equals(valueType))
                return toKey.Fit(data).Transform(data);
            if (training.HaveKeyValues && classes is { HaveKeyValues: true } && classes.GetType() == training.GetType())
                return context.Transforms.Conversion.MapKeyToValue(name).Append(toKey).Fit(data).Transform(data);
            throw ColumnErrors.Mismatch(
                "validation label", name, $"Key<UInt32> over, or values of, {valueType}", label.Type.ToString()!, Advice);
        }
    }
}
