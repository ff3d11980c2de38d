using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Scores the rows of one input schema.</summary>
internal sealed class OnnxRowMapper : RowMapper
{
    private readonly OnnxModel _model;
    private readonly string[] _outputs;
    private readonly (DataViewSchema.Column Column, int[] Shape)[] _inputs;

    public OnnxRowMapper(OnnxTransformer transformer, IHost host, DataViewSchema inputSchema)
        : base(inputSchema)
    {
        _model = transformer.Model;
        _outputs = transformer.Outputs;
        _inputs = Array.ConvertAll(transformer.Inputs, name => Bind(host, inputSchema, _model.GetInput(name)));
    }

    public override IEnumerable<int> GetDependencies(Func<int, bool> isActive) =>
        Enumerable.Range(0, _outputs.Length).Any(isActive) ? _inputs.Select(input => input.Column.Index) : [];

    public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> isActive, out Action disposer)
    {
        var active = Enumerable.Range(0, _outputs.Length).Where(isActive).Select(i => _outputs[i]).ToArray();
        var sources = Array.ConvertAll(_inputs, source => InputTensor.Follow(input, source.Column, source.Shape));
        var scores = new RowScores(_model, input, sources, active);
        disposer = scores.Dispose;
        return Enumerable.Range(0, _outputs.Length).Select(i => isActive(i) ? CreateGetter(_outputs[i], scores) : null).ToArray();
    }

    protected override DataViewSchema.DetachedColumn[] CreateOutputColumns() => Array.ConvertAll(_outputs, output =>
    {
        // Models that ML.NET exported call the output of column X "X.output".
        const string Suffix = ".output";
        var name = output.EndsWith(Suffix, StringComparison.Ordinal) ? output.Replace(Suffix, "", StringComparison.Ordinal) : output;
        var annotations = new DataViewSchema.Annotations.Builder();
        if (_model.SlotNames.TryGetValue(name, out var slots))
        {
            var values = Array.ConvertAll(slots, slot => slot.AsMemory());
            annotations.Add(AnnotationKinds.SlotNames, new VectorDataViewType(TextDataViewType.Instance, values.Length),
                (ref VBuffer<ReadOnlyMemory<char>> names) => Copy(values, ref names));
        }

        return new DataViewSchema.DetachedColumn(name, _model.GetOutput(output).Type, annotations.ToAnnotations());
    });

    private static (DataViewSchema.Column Column, int[] Shape) Bind(IHost host, DataViewSchema schema, OnnxVariable input)
    {
        if (input.Shape.Count(size => size == 0) > 1)
            throw new ArgumentOutOfRangeException(input.Name, "Only 1 unknown dimension is allowed");
        if (schema.GetColumnOrNull(input.Name) is not { } column)
            throw host.ExceptSchemaMismatch(nameof(schema), "input", input.Name);

        var expected = input.Type.GetItemType();
        var actual = column.Type.GetItemType();
        if (!actual.Equals(expected) && !(actual is KeyDataViewType && actual.RawType == expected.RawType))
        {
            throw host.ExceptSchemaMismatch(nameof(schema), "input", input.Name,
                expected.ToString(), column.Type.ToString());
        }

        var shape = input.Shape.Length > 0 ? input.Shape : [1];
        var count = shape.Aggregate(1, (product, size) => product * size);
        if (count > 0 && column.Type.GetValueCount() % count != 0)
        {
            throw Contracts.Except($"Input shape mismatch: Input '{input.Name}' has shape {string.Join(",", shape)}, " +
                $"but input data is of length {column.Type.GetValueCount()}.");
        }

        return (column, shape);
    }

    private Delegate CreateGetter(string output, RowScores scores)
    {
        if (_model.GetOutput(output).Type is not VectorDataViewType vector)
        {
            // The real package hands out such a column too, and fails on reading it.
            return GenericCall.Invoke<Delegate>(ScalarGetter<int>, _model.GetOutput(output).Type.RawType, output);
        }

        return vector.ItemType is TextDataViewType
            ? TextGetter(output, scores)
            : GenericCall.Invoke<Delegate>(TensorGetter<int>, vector.ItemType.RawType, output, scores);
    }

    private static Delegate ScalarGetter<T>(string output) => (ValueGetter<T>)((ref T _) =>
        throw new InvalidOperationException($"Output '{output}' is a scalar: give it a shape of at least one dimension."));

    private static Delegate TensorGetter<T>(string output, RowScores scores) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> vector) =>
        Copy<T>(scores.Tensor<T>(output).Buffer.Span, ref vector));

    private static Delegate TextGetter(string output, RowScores scores) =>
        (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> vector) =>
        {
            var texts = scores.Tensor<string>(output).Buffer.Span;
            var editor = VBufferEditor.Create(ref vector, texts.Length);
            for (var i = 0; i < texts.Length; i++)
                editor.Values[i] = texts[i].AsMemory();
            vector = editor.Commit();
        });

    private static void Copy<T>(ReadOnlySpan<T> values, ref VBuffer<T> vector)
    {
        var editor = VBufferEditor.Create(ref vector, values.Length);
        values.CopyTo(editor.Values);
        vector = editor.Commit();
    }

    /// <summary>The outputs for the row that was last asked for.</summary>
    private sealed class RowScores(OnnxModel model, DataViewRow row, Func<NamedOnnxValue>[] inputs, string[] outputs) : IDisposable
    {
        private long _position = -1;
        private IDisposableReadOnlyCollection<DisposableNamedOnnxValue> _values;

        public DenseTensor<T> Tensor<T>(string output)
        {
            if (_position != row.Position)
            {
                var values = Array.ConvertAll(inputs, input => input());
                _values?.Dispose();
                _values = model.Run(values, outputs);
                _position = row.Position;
            }

            return _values.First(value => value.Name == output).AsTensor<T>() as DenseTensor<T>
                ?? throw new InvalidOperationException(
                    $"Output column {output} doesn't contain a DenseTensor of expected type {typeof(T)}");
        }

        public void Dispose() => _values?.Dispose();
    }
}
