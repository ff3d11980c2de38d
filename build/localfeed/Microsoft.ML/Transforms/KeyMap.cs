using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>The values that <see cref="ValueToKeyMappingTransformer"/> numbers, in key order.</summary>
internal abstract class KeyMap
{
    /// <summary>The type of the values.</summary>
    public abstract PrimitiveDataViewType ItemType { get; }

    public abstract int Count { get; }

    /// <summary>A key for each value; at least one, even if there is none.</summary>
    public KeyDataViewType OutputType => new(typeof(uint), Math.Max(1, Count));

    /// <summary>An empty map of values of that type.</summary>
    public static KeyMap Create(PrimitiveDataViewType itemType) => GenericCall.Invoke<KeyMap>(CreateTyped<int>, itemType.RawType, itemType);

    public static KeyMap Read(BinaryReader reader)
    {
        var map = Create((PrimitiveDataViewType)ColumnTypeFormat.Read(reader));
        map.ReadValues(reader);
        return map;
    }

    /// <summary>
    /// A function that adds the current value or values of a column, up to <paramref name="maximum"/>; false once that is reached.
    /// </summary>
    public abstract Func<bool> CreateCollector(DataViewRow row, DataViewSchema.Column column, int maximum);

    /// <summary>Brings the values into ascending order; text in ordinal order.</summary>
    public abstract void Sort();

    /// <summary>A getter of the keys of a column's values; 0 for unknown and missing ones.</summary>
    public abstract Delegate CreateGetter(DataViewRow row, DataViewSchema.Column column);

    /// <summary>Adds the values as annotation, read from the input's own where that is a key with values.</summary>
    public abstract void AddKeyValues(DataViewSchema.Annotations.Builder annotations, DataViewSchema.Column input, bool asText);

    public abstract void Write(BinaryWriter writer);

    protected abstract void ReadValues(BinaryReader reader);

    private static KeyMap CreateTyped<T>(PrimitiveDataViewType itemType) => new Typed<T>(itemType);

    private sealed class Typed<T>(PrimitiveDataViewType itemType) : KeyMap
    {
        private readonly List<T> _values = [];
        private readonly Dictionary<T, uint> _keys = new(ValueComparison.EqualityOf<T>());

        public override PrimitiveDataViewType ItemType => itemType;

        public override int Count => _values.Count;

        public override Func<bool> CreateCollector(DataViewRow row, DataViewSchema.Column column, int maximum)
        {
            if (column.Type is VectorDataViewType)
            {
                var vectorGetter = row.GetGetter<VBuffer<T>>(column);
                var vector = default(VBuffer<T>);
                return () =>
                {
                    vectorGetter(ref vector);
                    return vector.DenseValues().All(item => Add(item, maximum));
                };
            }
            var getter = row.GetGetter<T>(column);
            var value = default(T);
            return () =>
            {
                getter(ref value);
                return Add(value, maximum);
            };
        }

        public override void Sort()
        {
            var sorted = _values.ToArray();
            Array.Sort(sorted, ValueComparison.OrderOf<T>());
            _values.Clear();
            _keys.Clear();
            foreach (var value in sorted)
                Add(value, int.MaxValue);
        }

        public override Delegate CreateGetter(DataViewRow row, DataViewSchema.Column column)
        {
            if (column.Type is VectorDataViewType type)
            {
                var vectorGetter = row.GetGetter<VBuffer<T>>(column);
                var vector = default(VBuffer<T>);
                return (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> keys) =>
                {
                    vectorGetter(ref vector);
                    Contracts.Check(type.Size == 0 || vector.Length == type.Size,
                        $"Column '{column.Name}': TermTransform expects {type.Size} slots, but got {vector.Length}");
                    var editor = VBufferEditor.Create(ref keys, vector.Length);
                    foreach (var (slot, item) in vector.Items(all: true))
                        editor.Values[slot] = KeyOf(item);
                    keys = editor.Commit();
                });
            }
            var getter = row.GetGetter<T>(column);
            var value = default(T);
            return (ValueGetter<uint>)((ref uint key) =>
            {
                getter(ref value);
                key = KeyOf(value);
            });
        }

        public override void AddKeyValues(DataViewSchema.Annotations.Builder annotations, DataViewSchema.Column input, bool asText)
        {
            if (Count == 0)
                return;
            if (itemType is KeyDataViewType && input.Annotations.Schema.GetColumnOrNull(AnnotationKinds.KeyValues) is { } inner
                && inner.Type is VectorDataViewType { IsKnownSize: true } innerType)
            {
                GenericCall.Invoke<object>(AddInnerKeyValues<int>, innerType.ItemType.RawType, annotations, input, innerType.ItemType);
                return;
            }
            if (asText && itemType is not TextDataViewType)
                AddValues(annotations, TextDataViewType.Instance, _values.Select(ValueComparison.ToText).ToArray());
            else
                AddValues(annotations, itemType, _values.ToArray());
        }

        public override void Write(BinaryWriter writer)
        {
            ColumnTypeFormat.Write(writer, itemType);
            ValueFormat.WriteArray<T>(writer, _values.ToArray());
        }

        protected override void ReadValues(BinaryReader reader)
        {
            foreach (var value in ValueFormat.ReadArray<T>(reader))
                Add(value, int.MaxValue);
        }

        private object AddInnerKeyValues<TInner>(
            DataViewSchema.Annotations.Builder annotations, DataViewSchema.Column input, PrimitiveDataViewType innerType)
        {
            var inner = default(VBuffer<TInner>);
            input.GetKeyValues(ref inner);
            AddValues(annotations, innerType,
                _values.Select(value => inner.GetItemOrDefault((int)(Convert.ToUInt64(value) - 1))).ToArray());
            return null;
        }

        private static void AddValues<TItem>(DataViewSchema.Annotations.Builder annotations, PrimitiveDataViewType type, TItem[] values) =>
            annotations.Add<VBuffer<TItem>>(AnnotationKinds.KeyValues, new VectorDataViewType(type, values.Length),
                (ref VBuffer<TItem> destination) => VBuffer<TItem>.Copy(values, 0, ref destination, values.Length));

        private bool Add(T value, int maximum)
        {
            if (_values.Count >= maximum)
                return false;
            if (!ValueComparison.IsMissing(itemType, value) && _keys.TryAdd(value, (uint)_values.Count + 1))
                _values.Add(value);
            return _values.Count < maximum;
        }

        private uint KeyOf(T value) => _keys.GetValueOrDefault(value);
    }
}
