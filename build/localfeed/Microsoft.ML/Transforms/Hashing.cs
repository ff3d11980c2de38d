using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<HashingTransformer>(HashingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms;

/// <summary>Hashes values to keys with MurmurHash3; missing values stay missing.</summary>
public sealed class HashingEstimator : IEstimator<HashingTransformer>
{
    internal const uint DefaultSeed = 314489979;

    private readonly IHost _host;
    private readonly ColumnOptions[] _columns;

    internal HashingEstimator(IHostEnvironment env, params ColumnOptions[] columns)
    {
        _host = env.Register(nameof(HashingEstimator));
        _columns = columns;
        foreach (var column in columns)
        {
            _host.CheckParam(!column.Combine || column.MaximumNumberOfInverts == 0, nameof(ColumnOptions.Combine),
                "When the 'Combine' option is specified, invert hashes are not supported.");
        }
    }

    public HashingTransformer Fit(IDataView input)
    {
        var transformer = new HashingTransformer(_host, _columns);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return inputSchema.With(_columns.Select(options =>
        {
            if (!inputSchema.TryFindColumn(options.InputColumnName, out var column))
                throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", options.InputColumnName);
            _host.CheckParam(HashingTransformer.CanHash(column.ItemType), nameof(inputSchema), HashingTransformer.ExpectedType);
            return new SchemaShape.Column(options.Name, options.Combine ? SchemaShape.Column.VectorKind.Scalar : column.Kind,
                NumberDataViewType.UInt32, true,
                !options.Combine && column.Annotations.TryFindColumn(AnnotationKinds.SlotNames, out var slotNames)
                    ? new([slotNames])
                    : null);
        }));
    }

    /// <summary>How one column is hashed.</summary>
    public sealed class ColumnOptions
    {
        /// <param name="name">The column to make.</param>
        /// <param name="inputColumnName">The column to hash; default <paramref name="name"/>.</param>
        /// <param name="numberOfBits">1 to 31.</param>
        /// <param name="useOrderedHashing">Whether a slot's place in its vector is hashed, too.</param>
        /// <param name="maximumNumberOfInverts">How many values to name each key by; 0 for none.</param>
        /// <param name="combine">Whether a vector is hashed to one key instead of slot by slot.</param>
        public ColumnOptions(
            string name,
            string inputColumnName = null,
            int numberOfBits = 31,
            uint seed = DefaultSeed,
            bool useOrderedHashing = false,
            int maximumNumberOfInverts = 0,
            bool combine = false)
        {
            Contracts.CheckParam(maximumNumberOfInverts >= -1, nameof(maximumNumberOfInverts), "Value too small, must be -1 or larger");
            Contracts.CheckParam(!string.IsNullOrWhiteSpace(name), nameof(name), "name cannot be null or white space");
            Name = name;
            InputColumnName = inputColumnName ?? name;
            NumberOfBits = numberOfBits;
            Seed = seed;
            UseOrderedHashing = useOrderedHashing;
            MaximumNumberOfInverts = maximumNumberOfInverts;
            Combine = combine;
        }

        public string Name { get; set; }

        public string InputColumnName { get; set; }

        public int NumberOfBits { get; set; }

        public uint Seed { get; set; }

        public bool UseOrderedHashing { get; set; }

        public int MaximumNumberOfInverts { get; set; }

        public bool Combine { get; set; }
    }
}

/// <inheritdoc cref="HashingEstimator"/>
public sealed class HashingTransformer : OneToOneTransformerBase, ILoadableModel
{
    internal const string LoaderName = "HashTransform";
    internal const string ExpectedType = "Expected Text, Key, numeric, Boolean or DataViewRowId item type";

    private const string RegistrationName = "Hash";

    private readonly HashingEstimator.ColumnOptions[] _columns;

    internal HashingTransformer(IHostEnvironment env, params HashingEstimator.ColumnOptions[] columns)
        : base(env.Register(RegistrationName), Array.ConvertAll(columns, column => (column.Name, column.InputColumnName)))
    {
        _columns = columns;
        foreach (var column in columns)
        {
            Host.CheckParam(!column.Combine || !column.UseOrderedHashing, nameof(column.Combine),
                "When the 'Combine' option is specified, ordered hashing is not supported.");
            if (column.MaximumNumberOfInverts != 0)
            {
                throw new NotSupportedException(
                    "This stand-in for Microsoft.ML does not name hashed keys by their values; use the real package Microsoft.ML.");
            }
        }
    }

    private HashingTransformer(IHost host, ModelLoadContext context)
        : base(host, context)
    {
        var reader = context.Reader;
        _columns = Array.ConvertAll(ColumnPairs, pair => new HashingEstimator.ColumnOptions(pair.outputColumnName, pair.inputColumnName,
            reader.ReadInt32(), reader.ReadUInt32(), reader.ReadBoolean(), 0, reader.ReadBoolean()));
    }

    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context) =>
        new HashingTransformer(env.Register(RegistrationName), context);

    internal static bool CanHash(DataViewType itemType) =>
        itemType is TextDataViewType or KeyDataViewType or NumberDataViewType or BooleanDataViewType;

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetLoader(LoaderName, GetType());
        SaveColumns(ctx);
        foreach (var column in _columns)
        {
            ctx.Writer.Write(column.NumberOfBits);
            ctx.Writer.Write(column.Seed);
            ctx.Writer.Write(column.UseOrderedHashing);
            ctx.Writer.Write(column.Combine);
        }
    }

    private protected override void CheckInputColumn(DataViewSchema inputSchema, int pair, int inputColumn) =>
        Host.CheckParam(CanHash(inputSchema[inputColumn].Type.GetItemType()), nameof(inputSchema), ExpectedType);

    private protected override RowMapper CreateMapper(DataViewSchema inputSchema) => new Mapper(this, inputSchema);

    private sealed class Mapper(HashingTransformer parent, DataViewSchema inputSchema) : OneToOneMapper(parent, inputSchema)
    {
        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() => Pairs.Select((pair, i) =>
        {
            var options = parent._columns[i];
            var key = new KeyDataViewType(typeof(uint), 1ul << options.NumberOfBits);
            DataViewType type = Inputs[i].Type is VectorDataViewType vector && !options.Combine
                ? new VectorDataViewType(key, vector.Size)
                : key;
            var annotations = new DataViewSchema.Annotations.Builder();
            annotations.Add(Inputs[i].Annotations, name => name == AnnotationKinds.SlotNames);
            return new DataViewSchema.DetachedColumn(pair.outputColumnName, type, annotations.ToAnnotations());
        }).ToArray();

        protected override Delegate CreateGetter(DataViewRow input, int pair, out Action disposer)
        {
            disposer = null;
            var itemType = Inputs[pair].Type.GetItemType();
            return GenericCall.Invoke<Delegate>(CreateTypedGetter<int>, itemType.RawType, input, Inputs[pair], parent._columns[pair]);
        }

        private static Delegate CreateTypedGetter<T>(
            DataViewRow row, DataViewSchema.Column column, HashingEstimator.ColumnOptions options)
        {
            var itemType = column.Type.GetItemType();
            var mask = (1u << options.NumberOfBits) - 1;
            var seed = options.Seed;
            if (column.Type is not VectorDataViewType)
            {
                var getter = row.GetGetter<T>(column);
                var value = default(T);
                var scalarSeed = options.UseOrderedHashing ? Murmur.Round(seed, 0) : seed;
                return (ValueGetter<uint>)((ref uint key) =>
                {
                    getter(ref value);
                    key = ValueHash.Hash(itemType, [value], scalarSeed, mask);
                });
            }
            var vectorGetter = row.GetGetter<VBuffer<T>>(column);
            var vector = default(VBuffer<T>);
            if (options.Combine)
            {
                return (ValueGetter<uint>)((ref uint key) =>
                {
                    vectorGetter(ref vector);
                    key = ValueHash.Hash<T>(itemType, vector.DenseValues().ToArray(), seed, mask);
                });
            }
            return (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> keys) =>
            {
                vectorGetter(ref vector);
                var editor = VBufferEditor.Create(ref keys, vector.Length);
                foreach (var (slot, item) in vector.Items(all: true))
                {
                    var slotSeed = options.UseOrderedHashing ? Murmur.Round(seed, (uint)slot) : seed;
                    editor.Values[slot] = ValueHash.Hash(itemType, [item], slotSeed, mask);
                }
                keys = editor.Commit();
            });
        }
    }
}
