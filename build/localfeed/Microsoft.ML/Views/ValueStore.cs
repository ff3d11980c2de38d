namespace Microsoft.ML.Data;

/// <summary>Holds values of one column of many rows, by index.</summary>
internal abstract class ValueStore
{
    /// <summary>A store that copies from a column of <paramref name="source"/>.</summary>
    public static ValueStore Create(DataViewRow source, DataViewSchema.Column column) =>
        column.Type is VectorDataViewType vector
            ? GenericCall.Invoke<ValueStore>(CreateForVector<int>, vector.ItemType.RawType, source, column)
            : GenericCall.Invoke<ValueStore>(CreateForScalar<int>, column.Type.RawType, source, column);

    /// <summary>A store of row identities.</summary>
    public static ValueStore CreateForIds(DataViewRow source) =>
        new Typed<DataViewRowId>(source.GetIdGetter(), (in DataViewRowId from, ref DataViewRowId to) => to = from);

    /// <summary>Whether values of that type can be kept: those of custom types, such as images, cannot be copied.</summary>
    public static bool CanHold(DataViewType type) => type is PrimitiveDataViewType or VectorDataViewType;

    /// <summary>Keeps the source row's value under that index.</summary>
    public abstract void Store(int index);

    /// <summary>A getter of the value under the index that <paramref name="index"/> then gives.</summary>
    public abstract Delegate CreateGetter(Func<int> index);

    private static ValueStore CreateForVector<T>(DataViewRow source, DataViewSchema.Column column) =>
        new Typed<VBuffer<T>>(source.GetGetter<VBuffer<T>>(column), (in VBuffer<T> from, ref VBuffer<T> to) => from.CopyTo(ref to));

    private static ValueStore CreateForScalar<T>(DataViewRow source, DataViewSchema.Column column) =>
        new Typed<T>(source.GetGetter<T>(column), (in T from, ref T to) => to = from);

    private delegate void Copy<T>(in T from, ref T to);

    private sealed class Typed<T>(ValueGetter<T> source, Copy<T> copy) : ValueStore
    {
        private T[] _values = [];

        public override void Store(int index)
        {
            if (index >= _values.Length)
                Array.Resize(ref _values, Math.Max(16, Math.Max(index + 1, 2 * _values.Length)));
            source(ref _values[index]);
        }

        public override Delegate CreateGetter(Func<int> index) =>
            (ValueGetter<T>)((ref T value) => copy(in _values[index()], ref value));
    }
}
