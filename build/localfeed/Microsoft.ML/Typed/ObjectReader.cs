namespace Microsoft.ML.Data;

/// <summary>Makes getters that read a column from the member of a current object.</summary>
internal static class ObjectReader<TRow>
    where TRow : class
{
    /// <param name="current">Gives the object.</param>
    public static Delegate CreateGetter(TypedColumn column, Func<TRow> current)
    {
        var memberType = column.Member.Type;
        var itemType = column.Type.GetItemType();
        if (memberType == typeof(string))
            return TextGetter(column, current);
        if (memberType == typeof(string[]))
            return TextsGetter(column, current);
        if (memberType.IsArray)
            return GenericCall.Invoke<Delegate>(ArrayGetter<int>, itemType.RawType, column, current);
        if (column.Type is VectorDataViewType)
            return GenericCall.Invoke<Delegate>(BufferGetter<int>, itemType.RawType, column, current);
        return column.Type is KeyDataViewType
            ? GenericCall.Invoke<Delegate>(KeyGetter<int>, itemType.RawType, column, current)
            : GenericCall.Invoke<Delegate>(DirectGetter<int>, itemType.RawType, column, current);
    }

    private static ValueGetter<ReadOnlyMemory<char>> TextGetter(TypedColumn column, Func<TRow> current)
    {
        var read = column.Member.CreateReader<TRow, string>();
        return (ref ReadOnlyMemory<char> value) => value = read(current()).AsMemory();
    }

    private static ValueGetter<VBuffer<ReadOnlyMemory<char>>> TextsGetter(TypedColumn column, Func<TRow> current)
    {
        var read = column.Member.CreateReader<TRow, string[]>();
        return (ref VBuffer<ReadOnlyMemory<char>> value) =>
        {
            var texts = read(current()) ?? [];
            var editor = VBufferEditor.Create(ref value, texts.Length);
            for (var i = 0; i < texts.Length; i++)
                editor.Values[i] = texts[i].AsMemory();
            value = editor.Commit();
        };
    }

    private static ValueGetter<VBuffer<T>> ArrayGetter<T>(TypedColumn column, Func<TRow> current)
    {
        var read = column.Member.CreateReader<TRow, T[]>();
        return (ref VBuffer<T> value) =>
        {
            var items = read(current()) ?? [];
            VBuffer<T>.Copy(items, 0, ref value, items.Length);
        };
    }

    private static ValueGetter<VBuffer<T>> BufferGetter<T>(TypedColumn column, Func<TRow> current)
    {
        var read = column.Member.CreateReader<TRow, VBuffer<T>>();
        return (ref VBuffer<T> value) => read(current()).CopyTo(ref value);
    }

    private static ValueGetter<T> DirectGetter<T>(TypedColumn column, Func<TRow> current)
    {
        var read = column.Member.CreateReader<TRow, T>();
        return (ref T value) => value = read(current());
    }

    /// <summary>Members hold 0-based keys, columns 1-based ones; what is out of range becomes missing.</summary>
    private static ValueGetter<T> KeyGetter<T>(TypedColumn column, Func<TRow> current)
        where T : struct
    {
        var read = column.Member.CreateReader<TRow, T>();
        var count = ((KeyDataViewType)column.Type).Count;
        return (ref T value) =>
        {
            var index = Convert.ToUInt64(read(current()));
            value = (T)Convert.ChangeType(index < count ? index + 1 : 0, typeof(T));
        };
    }
}
