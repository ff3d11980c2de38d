using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Evaluation;

/// <summary>Reads the true classes of images as indices of a model's classes, by their names.</summary>
/// <param name="classes">The model's classes.</param>
/// <param name="noneLabel">What images of none of the classes are labeled; null where there are no such images.</param>
internal sealed class TrueClass(ClassLabels classes, string? noneLabel)
{
    private readonly Dictionary<string, int> _indices = Indices(classes, noneLabel);

    /// <summary>Gives the current row's class index, -1 for none of the classes, null where it has no label.</summary>
    public Func<long?> Bind(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        KeyDataViewType key => BindKey(row, column, key),
        TextDataViewType => BindText(row, column),
        PrimitiveDataViewType type => (Func<long?>)GenericCall.Invoke(
            typeof(TrueClass), nameof(BindValue), type.RawType, row, column, new Func<string, long?>(text => IndexOf(text, column.Name)))!,
        var other => throw new ArgumentException(
            $"The label column '{VisibleText.Of(column.Name)}' has the type {other}; expected text or a key, as MapValueToKey makes."),
    };

    private static Dictionary<string, int> Indices(ClassLabels classes, string? noneLabel)
    {
        var indices = classes.Names.Index().ToDictionary(name => name.Item, name => name.Index, StringComparer.Ordinal);
        if (noneLabel is not null && !indices.TryAdd(noneLabel, LabeledLogits.NoClass))
            throw new ArgumentException(
                $"{nameof(ImageEvaluationOptions.NoneLabel)} is '{VisibleText.Of(noneLabel)}', which is a class of the model.");
        return indices;
    }

    private Func<long?> BindKey(DataViewRow row, DataViewSchema.Column column, KeyDataViewType type)
    {
        // A key that was given no number of values may have as many as its type can hold.
        var names = type.Count <= int.MaxValue && ClassLabels.Of(column) is { HaveKeyValues: true } labels ? labels.Names : null;
        if (names is null && type.Count != (ulong)classes.Count)
            throw new ArgumentException(
                $"The label column '{VisibleText.Of(column.Name)}' is a key of {type.Count} values without names; the model has " +
                $"{classes.Count} classes.");
        var key = KeyLabel.Bind(row, column);
        return () => key() is not { } index ? null : names is null ? index : IndexOf(names[(int)index], column.Name);
    }

    private Func<long?> BindText(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        return () =>
        {
            ReadOnlyMemory<char> text = default;
            getter(ref text);
            return IndexOf(text.ToString(), column.Name);
        };
    }

    private static Func<long?> BindValue<T>(DataViewRow row, DataViewSchema.Column column, Func<string, long?> indexOf)
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default!;
            getter(ref value);
            // How ML.NET says that a number is missing.
            return value is float.NaN or double.NaN ? null : indexOf(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        };
    }

    private long? IndexOf(string label, string column) => label.Length == 0 ? null
        : _indices.TryGetValue(label, out var index) ? index
        : throw new InvalidDataException(
            $"The label '{VisibleText.Of(label)}' (column '{VisibleText.Of(column)}') is no class of the model; its classes are " +
            $"{VisibleText.List(classes.Names)}. Leave the row out, or name the label of images of none of the classes in " +
            $"{nameof(ImageEvaluationOptions)}.{nameof(ImageEvaluationOptions.NoneLabel)}.");
}
