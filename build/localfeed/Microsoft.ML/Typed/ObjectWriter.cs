using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Fills the members of objects from the columns of a row.</summary>
internal sealed class ObjectWriter<TRow>
    where TRow : class
{
    private readonly (int Index, Member Member)[] _bound;

    /// <param name="schema">The row's columns.</param>
    /// <param name="ignoreMissingColumns">Whether members without a column are left alone; otherwise they are an error.</param>
    public ObjectWriter(IHostEnvironment env, DataViewSchema schema, bool ignoreMissingColumns, SchemaDefinition definition)
    {
        var bound = new List<(int, Member)>();
        foreach (var column in TypedColumn.Create(typeof(TRow), definition, SchemaDefinition.Direction.Write))
        {
            if (schema.GetColumnOrNull(column.Name) is not { } source)
            {
                if (ignoreMissingColumns)
                    continue;
                throw env.ExceptSchemaMismatch("Schema", "", column.Name);
            }
            var (isVector, itemType) = column.Member.ItemType();
            env.Check(isVector == source.Type is VectorDataViewType && source.Type.GetItemType().RawType == itemType,
                $"Can't bind the IDataView column '{column.Name}' of type '{source.Type}' to field or property " +
                $"'{column.Member.Name}' of type '{column.Member.Type.FullName}'.");
            bound.Add((source.Index, column.Member));
        }
        _bound = bound.ToArray();
    }

    /// <summary>The columns that members are filled from.</summary>
    public IEnumerable<DataViewSchema.Column> ColumnsNeeded(DataViewSchema schema) => _bound.Select(bound => schema[bound.Index]);

    /// <summary>An action that fills an object from what is then the row.</summary>
    public Action<TRow> Bind(DataViewRow row)
    {
        var setters = Array.ConvertAll(_bound, bound => CreateSetter(row, row.Schema[bound.Index], bound.Member));
        return target =>
        {
            foreach (var setter in setters)
                setter(target);
        };
    }

    private static Action<TRow> CreateSetter(DataViewRow row, DataViewSchema.Column column, Member member)
    {
        if (member.Type == typeof(string))
            return TextSetter(row, column, member);
        if (member.Type == typeof(string[]))
            return TextsSetter(row, column, member);
        var rawItemType = column.Type.GetItemType().RawType;
        if (member.Type.IsArray)
            return GenericCall.Invoke<Action<TRow>>(ArraySetter<int>, rawItemType, row, column, member);
        return column.Type is VectorDataViewType
            ? GenericCall.Invoke<Action<TRow>>(BufferSetter<int>, rawItemType, row, column, member)
            : GenericCall.Invoke<Action<TRow>>(DirectSetter<int>, rawItemType, row, column, member);
    }

    private static Action<TRow> TextSetter(DataViewRow row, DataViewSchema.Column column, Member member)
    {
        var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        var write = member.CreateWriter<TRow, string>();
        return target =>
        {
            ReadOnlyMemory<char> value = default;
            getter(ref value);
            write(target, value.ToString());
        };
    }

    private static Action<TRow> TextsSetter(DataViewRow row, DataViewSchema.Column column, Member member)
    {
        var getter = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
        var write = member.CreateWriter<TRow, string[]>();
        var value = default(VBuffer<ReadOnlyMemory<char>>);
        return target =>
        {
            getter(ref value);
            write(target, value.DenseValues().Select(text => text.ToString()).ToArray());
        };
    }

    /// <summary>As the real package, refills the object's own array where its length fits.</summary>
    private static Action<TRow> ArraySetter<T>(DataViewRow row, DataViewSchema.Column column, Member member)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        var read = member.CreateReader<TRow, T[]>();
        var write = member.CreateWriter<TRow, T[]>();
        var value = default(VBuffer<T>);
        return target =>
        {
            getter(ref value);
            var array = read(target);
            if (array?.Length != value.Length || !value.IsDense)
                array = new T[value.Length];
            value.CopyTo(array);
            write(target, array);
        };
    }

    private static Action<TRow> BufferSetter<T>(DataViewRow row, DataViewSchema.Column column, Member member)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        var read = member.CreateReader<TRow, VBuffer<T>>();
        var write = member.CreateWriter<TRow, VBuffer<T>>();
        return target =>
        {
            var value = read(target);
            getter(ref value);
            write(target, value);
        };
    }

    private static Action<TRow> DirectSetter<T>(DataViewRow row, DataViewSchema.Column column, Member member)
    {
        var getter = row.GetGetter<T>(column);
        var write = member.CreateWriter<TRow, T>();
        var value = default(T);
        return target =>
        {
            getter(ref value);
            write(target, value);
        };
    }
}
