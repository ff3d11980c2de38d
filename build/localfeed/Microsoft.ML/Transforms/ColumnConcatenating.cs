using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<ColumnConcatenatingTransformer>(ColumnConcatenatingTransformer.LoaderName)]

namespace Microsoft.ML.Transforms
{
    /// <summary>Joins columns of the same item type into one vector.</summary>
    public sealed class ColumnConcatenatingEstimator : IEstimator<ColumnConcatenatingTransformer>
    {
        private readonly IHost _host;
        private readonly string _output;
        private readonly string[] _inputs;

        internal ColumnConcatenatingEstimator(IHostEnvironment env, string outputColumnName, string[] inputColumnNames)
        {
            _host = env.Register(nameof(ColumnConcatenatingEstimator));
            _host.CheckNonEmpty(outputColumnName, nameof(outputColumnName));
            _host.CheckValue(inputColumnNames, nameof(inputColumnNames));
            _host.CheckParam(inputColumnNames.Length > 0, nameof(inputColumnNames), "Input columns not specified");
            _host.CheckParam(!inputColumnNames.Any(string.IsNullOrEmpty), nameof(inputColumnNames), "Contained some null or empty items");
            _output = outputColumnName;
            _inputs = inputColumnNames;
        }

        public ColumnConcatenatingTransformer Fit(IDataView input)
        {
            _host.CheckValue(input, nameof(input));
            return new(_host, _output, _inputs);
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        {
            _host.CheckValue(inputSchema, nameof(inputSchema));
            var columns = Array.ConvertAll(_inputs, name => inputSchema.TryFindColumn(name, out var column)
                ? column
                : throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", name));
            var itemType = columns[0].ItemType;
            foreach (var column in columns)
            {
                _host.Check(!column.IsKey, $"Column '{column.Name}' is key. Concatenation of keys is unsupported.");
                _host.Check(column.ItemType.Equals(itemType), "Concatenated columns should have the same type. " +
                    $"Column '{column.Name}' has type of {column.ItemType}, but expected column type is {itemType}.");
            }
            var hasSlotNames = columns.Any(column => column.Kind == SchemaShape.Column.VectorKind.Scalar
                || column.Annotations.TryFindColumn(AnnotationKinds.SlotNames, out _));
            var kind = columns.Any(column => column.Kind == SchemaShape.Column.VectorKind.VariableVector)
                ? SchemaShape.Column.VectorKind.VariableVector
                : SchemaShape.Column.VectorKind.Vector;
            return inputSchema.With(new SchemaShape.Column(_output, kind, itemType, false, !hasSlotNames ? null : new(
                [new(AnnotationKinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)])));
        }
    }
}

namespace Microsoft.ML.Data
{
    /// <inheritdoc cref="ColumnConcatenatingEstimator"/>
    public sealed class ColumnConcatenatingTransformer : RowToRowTransformerBase, ILoadableModel
    {
        internal const string LoaderName = "ConcatTransform";

        private readonly string _output;
        private readonly string[] _inputs;

        internal ColumnConcatenatingTransformer(IHostEnvironment env, string outputColumnName, string[] inputColumnNames)
            : base(env.Register(nameof(ColumnConcatenatingTransformer)))
        {
            _output = outputColumnName;
            _inputs = inputColumnNames;
        }

        static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context)
        {
            var output = context.Reader.ReadString();
            var inputs = new string[context.Reader.ReadInt32()];
            for (var i = 0; i < inputs.Length; i++)
                inputs[i] = context.Reader.ReadString();
            return new ColumnConcatenatingTransformer(env, output, inputs);
        }

        private protected override void SaveModel(ModelSaveContext ctx)
        {
            ctx.SetLoader(LoaderName, GetType());
            ctx.Writer.Write(_output);
            ctx.Writer.Write(_inputs.Length);
            foreach (var input in _inputs)
                ctx.Writer.Write(input);
        }

        private protected override RowMapper CreateMapper(DataViewSchema inputSchema)
        {
            var columns = Array.ConvertAll(_inputs, name => inputSchema.GetColumnOrNull(name)
                ?? throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", name));
            var itemType = columns[0].Type.GetItemType() as PrimitiveDataViewType;
            foreach (var column in columns)
            {
                if (itemType is null || !column.Type.GetItemType().Equals(itemType))
                {
                    throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", column.Name, itemType?.ToString() ?? "vector or scalar",
                        column.Type.ToString());
                }
            }
            return new Mapper(_output, inputSchema, columns, itemType);
        }

        private sealed class Mapper(
            string output, DataViewSchema inputSchema, DataViewSchema.Column[] inputs, PrimitiveDataViewType itemType)
            : RowMapper(inputSchema)
        {
            protected override DataViewSchema.DetachedColumn[] CreateOutputColumns()
            {
                var size = inputs.All(input => input.Type.GetValueCount() > 0) ? inputs.Sum(input => input.Type.GetValueCount()) : 0;
                var annotations = new DataViewSchema.Annotations.Builder();
                if (size > 0 && inputs.Any(input => input.Type is not VectorDataViewType || input.HasSlotNames()))
                {
                    var names = inputs.SelectMany(SlotNamesOf).ToArray();
                    annotations.Add<VBuffer<ReadOnlyMemory<char>>>(AnnotationKinds.SlotNames,
                        new VectorDataViewType(TextDataViewType.Instance, size),
                        (ref VBuffer<ReadOnlyMemory<char>> value) => VBuffer<ReadOnlyMemory<char>>.Copy(names, 0, ref value, size));
                }
                return [new(output, new VectorDataViewType(itemType, size), annotations.ToAnnotations())];
            }

            public override IEnumerable<int> GetDependencies(Func<int, bool> isActive) =>
                isActive(0) ? inputs.Select(input => input.Index) : [];

            public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive, out Action disposer)
            {
                disposer = null;
                return [isActive(0) ? GenericCall.Invoke<Delegate>(CreateGetter<int>, itemType.RawType, input, inputs) : null];
            }

            private static Delegate CreateGetter<T>(DataViewRow row, DataViewSchema.Column[] inputs)
            {
                var parts = Array.ConvertAll(inputs, column => PartOf<T>(row, column));
                return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
                {
                    var items = parts.SelectMany(part => part()).ToArray();
                    VBuffer<T>.Copy(items, 0, ref value, items.Length);
                });
            }

            private static Func<IEnumerable<T>> PartOf<T>(DataViewRow row, DataViewSchema.Column column)
            {
                if (column.Type is VectorDataViewType)
                {
                    var vectorGetter = row.GetGetter<VBuffer<T>>(column);
                    var vector = default(VBuffer<T>);
                    return () =>
                    {
                        vectorGetter(ref vector);
                        return vector.DenseValues();
                    };
                }
                var getter = row.GetGetter<T>(column);
                return () =>
                {
                    T value = default;
                    getter(ref value);
                    return [value];
                };
            }

            /// <summary>A scalar's name, or "column.slot" for the named slots of a vector.</summary>
            private static IEnumerable<ReadOnlyMemory<char>> SlotNamesOf(DataViewSchema.Column column)
            {
                if (column.Type is not VectorDataViewType)
                    return [column.Name.AsMemory()];
                if (!column.HasSlotNames())
                    return Enumerable.Repeat(ReadOnlyMemory<char>.Empty, column.Type.GetVectorSize());
                var names = default(VBuffer<ReadOnlyMemory<char>>);
                column.GetSlotNames(ref names);
                return names.DenseValues().Select(name => name.IsEmpty ? name : $"{column.Name}.{name}".AsMemory());
            }
        }
    }
}
