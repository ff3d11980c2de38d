using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.OnnxRuntime;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>A graph of a few operators, from x to y, that ONNX Runtime runs on ones.</summary>
internal static class GraphWork
{
    /// <param name="nodes">The operators.</param>
    /// <param name="constants">Their constants; others are left out.</param>
    /// <param name="type">Of x: floats or bytes.</param>
    /// <param name="shape">Of x.</param>
    /// <param name="resultType">Of y.</param>
    /// <param name="threads">To compute with.</param>
    public static Action Of(
        IReadOnlyList<NodeProto> nodes, IReadOnlyList<OnnxInitializer> constants, OnnxElementType type, long[] shape,
        OnnxElementType resultType, int threads)
    {
        var used = nodes.SelectMany(node => node.Input).ToHashSet();
        var model = new OnnxModel
        {
            GraphName = "work",
            ProducerName = "benchmarks",
            ProducerVersion = "",
            Nodes = nodes,
            Initializers = [.. constants.Where(constant => used.Contains(constant.Name))],
            ValueInfos = [],
            Inputs = [new ValueInfoProto("x", type, [.. shape.Select(side => (OnnxDimension)side)])],
            Outputs = [new ValueInfoProto("y", resultType, shape: null)],
            Metadata = [],
        };
        using var file = new MemoryStream();
        OnnxModelWriter.Write(file, model);
        using var options = new SessionOptions { IntraOpNumThreads = threads };
        var session = new InferenceSession(file.ToArray(), options);
        var (x, run) = (
            type == OnnxElementType.Float
                ? OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1f, (int)Size(shape)).ToArray(), shape)
                : OrtValue.CreateTensorValueFromMemory(new byte[Size(shape)], shape),
            new RunOptions());
        return () => session.Run(run, ["x"], [x], ["y"]).Dispose();
    }

    public static OnnxInitializer Floats(string name, params long[] shape) =>
        new(name, shape, new WeightTensor(Size(shape), values => values.Fill(1)));

    public static OnnxInitializer Bytes(string name, OnnxElementType type, byte value, params long[] shape) =>
        new(name, type, shape, destination => destination.Write(Enumerable.Repeat(value, (int)Size(shape)).ToArray()));

    private static long Size(long[] shape) => shape.Aggregate(1L, (size, side) => size * side);
}
