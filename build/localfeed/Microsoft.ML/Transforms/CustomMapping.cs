using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.Model;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: ModelLoader<CustomMappingLoader>(CustomMappingLoader.LoaderName)]

namespace Microsoft.ML.Transforms;

/// <summary>
/// Computes columns by an action on objects. It can be saved if it has a contract name, under which a factory makes it again.
/// </summary>
public sealed class CustomMappingEstimator<TSrc, TDst> : TrivialEstimator<CustomMappingTransformer<TSrc, TDst>>
    where TSrc : class, new()
    where TDst : class, new()
{
    internal CustomMappingEstimator(
        IHostEnvironment env, Action<TSrc, TDst> mapAction, string contractName, SchemaDefinition input, SchemaDefinition output)
        : base(env.Register("CustomMappingEstimator"), new(env, mapAction, contractName, input, output))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        foreach (var wanted in Transformer.Inputs)
        {
            if (!inputSchema.TryFindColumn(wanted.Name, out var found))
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", wanted.Name);
            var shape = SchemaShape.Column.Create(wanted.Name, wanted.Type, null);
            // Where a variable size is asked for, a fixed one will do. Custom types, such as images, must be the same instance.
            var kindFits = shape.Kind == SchemaShape.Column.VectorKind.VariableVector
                ? found.Kind != SchemaShape.Column.VectorKind.Scalar
                : found.Kind == shape.Kind;
            if (!kindFits || shape.IsKey != found.IsKey || !ReferenceEquals(shape.ItemType, found.ItemType))
            {
                throw Host.ExceptSchemaMismatch(nameof(inputSchema), "input", wanted.Name, wanted.Type.ToString(), found.GetTypeString());
            }
        }
        return inputSchema.With(SchemaShape.Create(DataViewSchema.Create(Transformer.Outputs.Select(output => output.Column))));
    }
}

/// <inheritdoc cref="CustomMappingEstimator{TSrc, TDst}"/>
public sealed class CustomMappingTransformer<TSrc, TDst> : ITransformer
    where TSrc : class, new()
    where TDst : class, new()
{
    private readonly IHost _host;
    private readonly Action<TSrc, TDst> _map;
    private readonly string _contractName;
    private readonly SchemaDefinition _inputDefinition;

    internal CustomMappingTransformer(
        IHostEnvironment env, Action<TSrc, TDst> mapAction, string contractName, SchemaDefinition input, SchemaDefinition output)
    {
        _host = env.Register("CustomMappingTransformer");
        _map = _host.CheckValue(mapAction, nameof(mapAction));
        _contractName = contractName;
        _inputDefinition = input;
        Inputs = TypedColumn.Create(typeof(TSrc), input, SchemaDefinition.Direction.Both);
        Outputs = TypedColumn.Create(typeof(TDst), output, SchemaDefinition.Direction.Write);
    }

    bool ITransformer.IsRowToRowMapper => true;

    internal TypedColumn[] Inputs { get; }

    internal TypedColumn[] Outputs { get; }

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return new RowToRowView(null, new Mapper(this, inputSchema)).Schema;
    }

    public IDataView Transform(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        return new RowToRowView(input, new Mapper(this, input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return new RowToRowView(null, new Mapper(this, inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        _host.Check(_contractName is not null, "Empty contract name for a transform: the transform cannot be saved");
        CustomMappingLoader.Save(ctx, _contractName, _map.Method.DeclaringType.Assembly);
    }

    private sealed class Mapper(CustomMappingTransformer<TSrc, TDst> parent, DataViewSchema inputSchema) : RowMapper(inputSchema)
    {
        private readonly ObjectWriter<TSrc> _writer = new(parent._host, inputSchema, false, parent._inputDefinition);

        protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() =>
            Array.ConvertAll(parent.Outputs, output => output.Column);

        public override IEnumerable<int> GetDependencies(Func<int, bool> isActive) =>
            Enumerable.Range(0, parent.Outputs.Length).Any(isActive)
                ? _writer.ColumnsNeeded(InputSchema).Select(column => column.Index)
                : [];

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive, out Action disposer)
        {
            disposer = null;
            var getters = new Delegate[parent.Outputs.Length];
            if (!Enumerable.Range(0, getters.Length).Any(isActive))
                return getters;
            var source = new TSrc();
            var result = new TDst();
            var fill = _writer.Bind(input);
            var mapped = -1L;
            TDst Current()
            {
                // The action runs once for each row, however many columns are read.
                if (mapped != input.Position)
                {
                    fill(source);
                    parent._map(source, result);
                    mapped = input.Position;
                }
                return result;
            }
            for (var i = 0; i < getters.Length; i++)
            {
                if (isActive(i))
                    getters[i] = ObjectReader<TDst>.CreateGetter(parent.Outputs[i], Current);
            }
            return getters;
        }
    }
}

/// <summary>Marks a class as the <see cref="CustomMappingFactory{TSrc, TDst}"/> of a contract name.</summary>
public sealed class CustomMappingFactoryAttributeAttribute(string contractName) : ExtensionBaseAttribute(contractName)
{
}

/// <summary>Makes a saved custom mapping again. A SchemaDefinition that it was made with is not kept.</summary>
public abstract class CustomMappingFactory<TSrc, TDst> : ICustomMappingFactory
    where TSrc : class, new()
    where TDst : class, new()
{
    public abstract Action<TSrc, TDst> GetMapping();

    ITransformer ICustomMappingFactory.CreateTransformer(IHostEnvironment env, string contractName) =>
        new CustomMappingTransformer<TSrc, TDst>(env, GetMapping(), contractName, null, null);
}

/// <summary>Makes a transformer for a contract name.</summary>
internal interface ICustomMappingFactory
{
    ITransformer CreateTransformer(IHostEnvironment env, string contractName);
}

/// <summary>Writes and reads the contract name and assembly of a custom mapping.</summary>
internal sealed class CustomMappingLoader : ILoadableModel
{
    internal const string LoaderName = "CustomTransformer";

    public static void Save(ModelSaveContext ctx, string contractName, Assembly assembly)
    {
        ctx.SetLoader(LoaderName, typeof(CustomMappingLoader));
        ctx.Writer.Write(contractName);
        ctx.Writer.Write(assembly.FullName);
    }

    /// <exception cref="FileNotFoundException">The assembly of the mapping is not there, by its full name with version.</exception>
    static ITransformer ILoadableModel.Load(IHostEnvironment env, ModelLoadContext context)
    {
        var contractName = context.Reader.ReadString();
        env.ComponentCatalog.RegisterAssembly(Assembly.Load(context.Reader.ReadString()));
        var factory = env.ComponentCatalog.GetExtensionValue(env, typeof(CustomMappingFactoryAttributeAttribute), contractName)
            as ICustomMappingFactory
            ?? throw env.Except($"The class of the contract '{contractName}' is not a {typeof(CustomMappingFactory<,>).FullName}.");
        return factory.CreateTransformer(env, contractName);
    }
}
