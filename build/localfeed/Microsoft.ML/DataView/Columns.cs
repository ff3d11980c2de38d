using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Which columns of a row or view are asked for, and how their getters are typed.</summary>
internal static class Columns
{
    /// <summary>A flag for each column of <paramref name="schema"/>: whether it is among <paramref name="columnsNeeded"/>.</summary>
    public static bool[] Active(IEnumerable<DataViewSchema.Column> columnsNeeded, DataViewSchema schema)
    {
        Contracts.CheckValue(columnsNeeded, nameof(columnsNeeded));
        var active = new bool[schema.Count];
        foreach (var column in columnsNeeded)
        {
            Contracts.Check(column.Index < active.Length, $"The requested column: {column} is not part of the {schema}");
            active[column.Index] = true;
        }
        return active;
    }

    /// <summary>The columns of the schema whose flags are set.</summary>
    public static IEnumerable<DataViewSchema.Column> Where(this DataViewSchema schema, bool[] active) =>
        schema.Where(column => active[column.Index]);

    public static bool TryGetColumnIndex(this DataViewSchema schema, string name, out int index)
    {
        var column = schema.GetColumnOrNull(name);
        index = column?.Index ?? -1;
        return column is not null;
    }

    /// <summary><paramref name="getter"/> as what it is asked to be; null means that the column is inactive.</summary>
    public static ValueGetter<TValue> TypedGetter<TValue>(Delegate getter)
    {
        Contracts.Check(getter is not null, "Operation is not valid due to the current state of the object.");
        return getter as ValueGetter<TValue> ?? throw Contracts.Except(
            $"Invalid TValue in GetGetter: '{typeof(TValue)}', expected type: '{getter.GetType().GetGenericArguments()[0]}'.");
    }

    /// <summary>The getter of a column whose raw type is only known at run time.</summary>
    public static Delegate GetGetter(this DataViewRow row, DataViewSchema.Column column) =>
        GenericCall.Invoke<Delegate>(UntypedGetter<int>, column.Type.RawType, row, column);

    private static Delegate UntypedGetter<T>(DataViewRow row, DataViewSchema.Column column) => row.GetGetter<T>(column);
}
