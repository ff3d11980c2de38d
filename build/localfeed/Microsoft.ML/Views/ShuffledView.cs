using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// Orders rows at random by drawing from a pool of rows read ahead, in the same order on each pass unless a cursor brings its own random
/// numbers. Columns that cannot be kept, such as images, are not in its schema.
/// </summary>
internal sealed class ShuffledView(IDataView input, int poolSize, bool shuffleSource, int seed) : IDataView
{
    private readonly IDataView _source = SubsetView.Storable(input);

    public bool CanShuffle => true;

    public DataViewSchema Schema => _source.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        rand ??= new TauswortheRandom((uint)seed);
        var cursor = _source.GetRowCursor(columnsNeeded, shuffleSource ? new TauswortheRandom(rand) : null);
        return poolSize == 1 ? cursor : new Cursor(cursor, poolSize, rand);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : RootCursor
    {
        private readonly DataViewRowCursor _input;
        private readonly Random _rand;
        private readonly ValueStore[] _stores;
        private readonly ValueStore _ids;
        // The slots of rows that were read and not yet given out, as a ring from _head on, and the slot given out last.
        private readonly int[] _ring;
        private int _head;
        private int _count;
        private int _current;
        private bool _atEnd;

        public Cursor(DataViewRowCursor input, int poolSize, Random rand)
        {
            _input = input;
            _rand = rand;
            _stores = input.Schema.Select(column => input.IsColumnActive(column) ? ValueStore.Create(input, column) : null).ToArray();
            _ids = ValueStore.CreateForIds(input);
            _ring = Enumerable.Range(0, poolSize).ToArray();
            _current = -1;
        }

        public override DataViewSchema Schema => _input.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _stores[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Contracts.CheckParam(IsColumnActive(column), nameof(column), "requested column not active");
            return Columns.TypedGetter<TValue>(_stores[column.Index].CreateGetter(CurrentSlot));
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ValueGetter<DataViewRowId>)_ids.CreateGetter(CurrentSlot);

        protected override bool MoveNextCore()
        {
            // The slot at the ring's head was given out last: its row may now be replaced.
            if (_current >= 0)
            {
                _head = (_head + 1) % _ring.Length;
                _count--;
            }
            FillPool();
            if (_count == 0)
                return false;
            var drawn = (_head + _rand.Next(_count)) % _ring.Length;
            _current = _ring[drawn];
            (_ring[drawn], _ring[_head]) = (_ring[_head], _current);
            return true;
        }

        protected override void DisposeCore() => _input.Dispose();

        private int CurrentSlot()
        {
            CheckAtRow();
            return _current;
        }

        private void FillPool()
        {
            try
            {
                while (!_atEnd && _count < _ring.Length)
                {
                    if (!_input.MoveNext())
                    {
                        _atEnd = true;
                        return;
                    }
                    var slot = _ring[(_head + _count) % _ring.Length];
                    foreach (var store in _stores)
                        store?.Store(slot);
                    _ids.Store(slot);
                    _count++;
                }
            }
            catch (Exception e)
            {
                // The real package reads ahead on another thread, whose exceptions arrive like this.
                throw new InvalidOperationException("Shuffle input cursor reader failed with an exception", e);
            }
        }
    }
}
