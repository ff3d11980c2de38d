using Microsoft.ML.Conformer.Benchmarks.Suite;
using Microsoft.ML.Conformer.Onnx.Format;
using OnnxAttribute = Microsoft.ML.Conformer.Onnx.Format.AttributeProto;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>The time of one linear layer on ONNX Runtime: in float, or in 8 bits by a range known before or measured at each run.</summary>
internal static class LayerTimes
{
    /// <summary>Options, each with a value: --form Float32 (Static, Dynamic), --rows 197, --in 384, --out 1536, --threads 2.</summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        long rows = given.Number("--rows", 197), inputs = given.Number("--in", 384), outputs = given.Number("--out", 1536);
        var form = given.Text("--form", "Float32");
        OnnxAttribute axis = new("axis", 1L);
        NodeProto[] nodes = form switch
        {
            "Float32" => [new NodeProto("Gemm", "layer", ["x", "weight", "bias"], ["y"], [])],
            "Static" =>
            [
                new("QuantizeLinear", "stored", ["x", "scale", "zero"], ["x.stored"], []),
                new("DequantizeLinear", "rounded", ["x.stored", "scale", "zero"], ["x.rounded"], []),
                new("DequantizeLinear", "weight.rounded", ["weight.int8", "scales", "zeros"], ["w"], [axis]),
                new("DequantizeLinear", "bias.rounded", ["bias.int32", "scales"], ["b"], [new OnnxAttribute("axis", 0L)]),
                new("Gemm", "layer", ["x.rounded", "w", "b"], ["y"], []),
            ],
            "Dynamic" =>
            [
                new("DynamicQuantizeLinear", "stored", ["x"], ["x.stored", "x.scale", "x.zero"], []),
                new("MatMulInteger", "layer", ["x.stored", "weight.int8", "x.zero", "zeros"], ["sums"], []),
                new("Cast", "floats", ["sums"], ["sums.float"], [new OnnxAttribute("to", (long)OnnxElementType.Float)]),
                new("Mul", "layer.scales", ["x.scale", "scales"], ["scaling"], []),
                new("Mul", "layer.scaled", ["sums.float", "scaling"], ["scaled"], []),
                new("Add", "layer.biased", ["scaled", "bias"], ["y"], []),
            ],
            _ => throw new ArgumentException($"--form {form} is none of Float32, Static, Dynamic."),
        };
        OnnxInitializer[] constants =
        [
            GraphWork.Floats("weight", inputs, outputs), GraphWork.Floats("bias", outputs), GraphWork.Floats("scale"),
            GraphWork.Floats("scales", outputs), GraphWork.Bytes("zero", OnnxElementType.Uint8, 0),
            GraphWork.Bytes("zeros", OnnxElementType.Int8, 0, outputs),
            GraphWork.Bytes("weight.int8", OnnxElementType.Int8, 1, inputs, outputs),
            new("bias.int32", OnnxElementType.Int32, [outputs], destination => destination.Write(new byte[outputs * sizeof(int)])),
        ];
        return RepeatedWork.Run(given, images: 1, GraphWork.Of(
            nodes, constants, OnnxElementType.Float, [rows, inputs], OnnxElementType.Float, given.Number("--threads", 2)));
    }
}
