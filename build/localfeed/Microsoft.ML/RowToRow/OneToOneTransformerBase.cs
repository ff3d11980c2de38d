using Microsoft.ML.Model;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A row-to-row transformer that computes each output column from one input column.</summary>
public abstract class OneToOneTransformerBase : RowToRowTransformerBase
{
    internal readonly (string outputColumnName, string inputColumnName)[] ColumnPairs;

    private protected OneToOneTransformerBase(IHost host, params (string outputColumnName, string inputColumnName)[] columns)
        : base(host)
    {
        host.CheckValue(columns, nameof(columns));
        var outputNames = new HashSet<string>();
        foreach (var (output, input) in columns)
        {
            host.CheckNonEmpty(input, nameof(columns));
            host.CheckNonEmpty(output, nameof(columns));
            if (!outputNames.Add(output))
                throw host.ExceptParam(nameof(columns), $"Name of the result column '{output}' specified multiple times");
        }
        ColumnPairs = columns;
    }

    private protected OneToOneTransformerBase(IHost host, ModelLoadContext context)
        : this(host, ReadColumns(context))
    {
    }

    /// <summary>Writes the column pairs, for the constructor that reads them.</summary>
    private protected void SaveColumns(ModelSaveContext ctx)
    {
        ctx.Writer.Write(ColumnPairs.Length);
        foreach (var (output, input) in ColumnPairs)
        {
            ctx.Writer.Write(output);
            ctx.Writer.Write(input);
        }
    }

    /// <summary>Throws where the transformer cannot take the input column of pair number <paramref name="pair"/>.</summary>
    private protected virtual void CheckInputColumn(DataViewSchema inputSchema, int pair, int inputColumn)
    {
    }

    private static (string, string)[] ReadColumns(ModelLoadContext context)
    {
        var columns = new (string, string)[context.Reader.ReadInt32()];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = (context.Reader.ReadString(), context.Reader.ReadString());
        return columns;
    }

    /// <summary>Maps each pair's input column to its output column.</summary>
    private protected abstract class OneToOneMapper : RowMapper
    {
        protected OneToOneMapper(OneToOneTransformerBase parent, DataViewSchema inputSchema)
            : base(inputSchema)
        {
            Pairs = parent.ColumnPairs;
            Inputs = new DataViewSchema.Column[Pairs.Length];
            for (var i = 0; i < Pairs.Length; i++)
            {
                if (inputSchema.GetColumnOrNull(Pairs[i].inputColumnName) is not { } column)
                    throw parent.Host.ExceptSchemaMismatch(nameof(inputSchema), "input", Pairs[i].inputColumnName);
                parent.CheckInputColumn(inputSchema, i, column.Index);
                Inputs[i] = column;
            }
        }

        protected (string outputColumnName, string inputColumnName)[] Pairs { get; }

        /// <summary>The input column of each pair.</summary>
        protected DataViewSchema.Column[] Inputs { get; }

        public override IEnumerable<int> GetDependencies(Func<int, bool> isActive) =>
            Enumerable.Range(0, Pairs.Length).Where(isActive).Select(i => Inputs[i].Index);

        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive, out Action disposer)
        {
            disposer = null;
            var getters = new Delegate[Pairs.Length];
            for (var i = 0; i < getters.Length; i++)
            {
                if (!isActive(i))
                    continue;
                getters[i] = CreateGetter(input, i, out var own);
                disposer += own;
            }
            return getters;
        }

        /// <summary>The getter of the output column of pair number <paramref name="pair"/>.</summary>
        /// <param name="disposer">Called when the owner of the getter is disposed; may be null.</param>
        protected abstract Delegate CreateGetter(DataViewRow input, int pair, out Action disposer);
    }
}
