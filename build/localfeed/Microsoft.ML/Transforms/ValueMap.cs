using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>The table that <see cref="ValueMappingTransformer"/> looks values up in. What is not in it maps to the default.</summary>
internal abstract class ValueMap
{
    public abstract DataViewType ValueType { get; }

    public abstract DataViewSchema.Annotations ValueAnnotations { get; }

    /// <summary>The table of two columns of a view.</summary>
    /// <exception cref="InvalidOperationException">A key occurs twice.</exception>
    public static ValueMap Create(IHostEnvironment env, IDataView table, DataViewSchema.Column keys, DataViewSchema.Column values)
    {
        CheckColumn(env, table, keys, "keyColumn");
        CheckColumn(env, table, values, "valueColumn");
        var map = Create(keys.Type, values.Type, values.Annotations);
        using var cursor = table.GetRowCursor([keys, values]);
        map.Add(env, cursor, keys, values);
        return map;
    }

    /// <summary>The table of these pairs.</summary>
    /// <param name="asKeys">
    /// Whether values become keys: unsigned ones as they are, others numbered in order of first occurrence. Their KeyValues are text.
    /// </param>
    public static ValueMap Create<TKey, TValue>(IHostEnvironment env, IEnumerable<KeyValuePair<TKey, TValue>> pairs, bool asKeys)
    {
        var keyType = CheckType(typeof(TKey));
        var valueType = CheckType(typeof(TValue));
        var keys = pairs.Select(pair => pair.Key).ToArray();
        var values = pairs.Select(pair => pair.Value).ToArray();
        if (!asKeys)
            return Create(keyType, valueType, DataViewSchema.Annotations.Empty).With(env, ToRaw(keys), ToRaw(values));
        var names = values.Distinct().ToArray();
        var numbers = typeof(TValue) == typeof(uint) || typeof(TValue) == typeof(ulong)
            ? (Array)values
            : Array.ConvertAll(values, value => (uint)Array.IndexOf(names, value) + 1);
        var annotations = new DataViewSchema.Annotations.Builder();
        var texts = Array.ConvertAll(names, name => name.ToString().AsMemory());
        annotations.Add<VBuffer<ReadOnlyMemory<char>>>(AnnotationKinds.KeyValues,
            new VectorDataViewType(TextDataViewType.Instance, texts.Length),
            (ref VBuffer<ReadOnlyMemory<char>> value) => VBuffer<ReadOnlyMemory<char>>.Copy(texts, 0, ref value, texts.Length));
        return Create(keyType, new KeyDataViewType(numbers.GetType().GetElementType(), names.Length), annotations.ToAnnotations())
            .With(env, ToRaw(keys), numbers);
    }

    /// <summary>The table of these pairs, whose values are vectors.</summary>
    public static ValueMap Create<TKey, TValue>(IHostEnvironment env, IEnumerable<KeyValuePair<TKey, TValue[]>> pairs)
    {
        var keys = pairs.Select(pair => pair.Key).ToArray();
        var values = pairs.Select(pair => pair.Value).ToArray();
        // The size is known where it is the same for all keys.
        var sizes = values.Select(value => value.Length).Distinct().ToArray();
        var valueType = new VectorDataViewType(CheckType(typeof(TValue)), sizes.Length == 1 ? sizes[0] : 0);
        var vectors = values is string[][] texts
            ? (Array)Array.ConvertAll(texts, text => new VBuffer<ReadOnlyMemory<char>>(text.Length, (ReadOnlyMemory<char>[])ToRaw(text)))
            : Array.ConvertAll(values, value => new VBuffer<TValue>(value.Length, value));
        return Create(CheckType(typeof(TKey)), valueType, DataViewSchema.Annotations.Empty).With(env, ToRaw(keys), vectors);
    }

    public static ValueMap Read(BinaryReader reader)
    {
        var map = Create(ColumnTypeFormat.Read(reader), ColumnTypeFormat.Read(reader), ValueFormat.ReadAnnotations(reader));
        map.ReadPairs(reader);
        return map;
    }

    public abstract void Write(BinaryWriter writer);

    /// <summary>A getter of the values that a column's values map to; item by item if that is a vector.</summary>
    public abstract Delegate CreateGetter(DataViewRow row, DataViewSchema.Column column);

    protected abstract void Add(IHostEnvironment env, DataViewRowCursor cursor, DataViewSchema.Column keys, DataViewSchema.Column values);

    protected abstract ValueMap With(IHostEnvironment env, Array keys, Array values);

    protected abstract void ReadPairs(BinaryReader reader);

    private static PrimitiveDataViewType CheckType(Type type) => ColumnTypes.IsPrimitiveRawType(type)
        ? ColumnTypes.PrimitiveTypeOf(type)
        : throw Contracts.Except($"Unsupported type {type} used in mapping.");

    private static Array ToRaw<T>(T[] values) =>
        values is string[] texts ? Array.ConvertAll(texts, text => text.AsMemory()) : values;

    private static ValueMap Create(DataViewType keyType, DataViewType valueType, DataViewSchema.Annotations annotations) =>
        valueType is VectorDataViewType vector
            ? GenericCall.Invoke<ValueMap>(
                CreateVectors<int, int>, [keyType.RawType, vector.ItemType.RawType], keyType, vector, annotations)
            : GenericCall.Invoke<ValueMap>(CreateScalars<int, int>, [keyType.RawType, valueType.RawType], keyType, valueType, annotations);

    private static ValueMap CreateScalars<TKey, TValue>(DataViewType keys, DataViewType values, DataViewSchema.Annotations annotations) =>
        new Typed<TKey, TValue>(keys, values, annotations,
            (writer, items) => ValueFormat.WriteArray<TValue>(writer, items),
            ValueFormat.ReadArray<TValue>,
            (in TValue from, ref TValue to) => to = from);

    private static ValueMap CreateVectors<TKey, TItem>(
        DataViewType keys, VectorDataViewType values, DataViewSchema.Annotations annotations) =>
        new Typed<TKey, VBuffer<TItem>>(keys, values, annotations,
            (writer, items) =>
            {
                writer.Write(items.Length);
                foreach (var item in items)
                    ValueFormat.WriteArray<TItem>(writer, item.DenseValues().ToArray());
            },
            reader =>
            {
                var items = new VBuffer<TItem>[reader.ReadInt32()];
                for (var i = 0; i < items.Length; i++)
                {
                    var array = ValueFormat.ReadArray<TItem>(reader);
                    items[i] = new(array.Length, array);
                }
                return items;
            },
            (in VBuffer<TItem> from, ref VBuffer<TItem> to) => from.CopyTo(ref to));

    private static void CheckColumn(IHostEnvironment env, IDataView table, DataViewSchema.Column column, string name)
    {
        var found = table.Schema.GetColumnOrNull(column.Name);
        env.Check(found is not null, $"The selected column {name} is not included in the targeted IDataView dataView");
        env.Check(found.Value.Index == column.Index, $"{name}'s column index doesn't match that of the associated column in dataView");
        env.Check(found.Value.Type == column.Type, $"{name}'s column type doesn't match that of the associated column in dataView");
    }

    private delegate void Copy<T>(in T from, ref T to);

    private sealed class Typed<TKey, TValue>(
        DataViewType keyType,
        DataViewType valueType,
        DataViewSchema.Annotations annotations,
        Action<BinaryWriter, TValue[]> write,
        Func<BinaryReader, TValue[]> read,
        Copy<TValue> copy) : ValueMap
    {
        private readonly Dictionary<TKey, TValue> _pairs = new(ValueComparison.EqualityOf<TKey>());

        public override DataViewType ValueType => valueType;

        public override DataViewSchema.Annotations ValueAnnotations => annotations;

        public override void Write(BinaryWriter writer)
        {
            ColumnTypeFormat.Write(writer, keyType);
            ColumnTypeFormat.Write(writer, valueType);
            ValueFormat.WriteAnnotations(writer, annotations);
            ValueFormat.WriteArray<TKey>(writer, _pairs.Keys.ToArray());
            write(writer, _pairs.Values.ToArray());
        }

        public override Delegate CreateGetter(DataViewRow row, DataViewSchema.Column column)
        {
            if (column.Type is VectorDataViewType)
            {
                var vectorGetter = row.GetGetter<VBuffer<TKey>>(column);
                var keys = default(VBuffer<TKey>);
                return (ValueGetter<VBuffer<TValue>>)((ref VBuffer<TValue> values) =>
                {
                    vectorGetter(ref keys);
                    var editor = VBufferEditor.Create(ref values, keys.Length);
                    foreach (var (slot, item) in keys.Items(all: true))
                        MapValue(item, ref editor.Values[slot]);
                    values = editor.Commit();
                });
            }
            var getter = row.GetGetter<TKey>(column);
            var key = default(TKey);
            return (ValueGetter<TValue>)((ref TValue value) =>
            {
                getter(ref key);
                MapValue(key, ref value);
            });
        }

        protected override void Add(
            IHostEnvironment env, DataViewRowCursor cursor, DataViewSchema.Column keys, DataViewSchema.Column values)
        {
            var keyGetter = cursor.GetGetter<TKey>(keys);
            var valueGetter = cursor.GetGetter<TValue>(values);
            while (cursor.MoveNext())
            {
                TKey key = default;
                TValue value = default;
                keyGetter(ref key);
                valueGetter(ref value);
                Add(env, key, value);
            }
        }

        protected override ValueMap With(IHostEnvironment env, Array keys, Array values)
        {
            for (var i = 0; i < keys.Length; i++)
                Add(env, ((TKey[])keys)[i], ((TValue[])values)[i]);
            return this;
        }

        protected override void ReadPairs(BinaryReader reader)
        {
            var keys = ValueFormat.ReadArray<TKey>(reader);
            var values = read(reader);
            for (var i = 0; i < keys.Length; i++)
                _pairs.Add(keys[i], values[i]);
        }

        private void Add(IHostEnvironment env, TKey key, TValue value)
        {
            if (!_pairs.TryAdd(key, value))
                throw env.Except($"Duplicate keys in data '{key}'");
        }

        private void MapValue(TKey key, ref TValue value)
        {
            if (_pairs.TryGetValue(key, out var found))
                copy(in found, ref value);
            else
                value = default;
        }
    }
}
