using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;
using OnnxAttribute = Microsoft.ML.Conformer.Onnx.Format.AttributeProto;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>
/// What this machine can do at most: one large matrix product or convolution, by the library that trains or the one that scores. Times are
/// for 10⁹ multiplications with accumulation.
/// </summary>
internal static class MachinePeak
{
    private const int Side = 960; // rows of a power of two collide in caches
    private const int Images = 8, Channels = 128, MapSide = 28, Kernel = 3;

    /// <summary>The 10⁹ MACs of one product.</summary>
    private const double ProductGMacs = (double)Side * Side * Side / 1e9;
    private const double ConvolutionGMacs = (double)Images * MapSide * MapSide * Channels * Channels * Kernel * Kernel / 1e9;

    /// <summary>Options: --by onnxruntime (or libtorch), --of product (or convolution), --type Float32 (Int8; BFloat16 by libtorch).</summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var (isProduct, type) = (given.Text("--of", "product") == "product", given.Text("--type", "Float32"));
        using var threads = TorchRuntime.UseThreads(null);
        using var disposables = NewDisposeScope();
        using var noGradients = no_grad();
        var work = given.Text("--by", "onnxruntime") == "libtorch" ? OnLibtorch(isProduct, type) : OnOnnxRuntime(isProduct, type);
        return RepeatedWork.Run(given, isProduct ? ProductGMacs : ConvolutionGMacs, work);
    }

    private static Action OnLibtorch(bool isProduct, string type)
    {
        var scalar = type == "BFloat16" ? ScalarType.BFloat16 : ScalarType.Float32;
        var x = isProduct
            ? ones(Side, Side).to(scalar)
            : ones(Images, MapSide, MapSide, Channels).to(scalar).permute(0, 3, 1, 2); // channels last, the faster layout
        var weight = isProduct ? ones(Side, Side).to(scalar) : ones(Channels, Kernel, Kernel, Channels).to(scalar).permute(0, 3, 1, 2);
        return () =>
        {
            using var result = isProduct ? x.matmul(weight) : nn.functional.conv2d(x, weight, padding: [Kernel / 2, Kernel / 2]);
        };
    }

    private static Action OnOnnxRuntime(bool isProduct, string type)
    {
        long[] shape = isProduct ? [Side, Side] : [Images, Channels, MapSide, MapSide];
        long[] weightShape = isProduct ? [Side, Side] : [Channels, Channels, Kernel, Kernel];
        var isFloat = type == "Float32";
        var weight = isFloat
            ? new OnnxInitializer("weight", weightShape, new WeightTensor(weightShape.Aggregate(1L, (x, y) => x * y), values => values.Fill(1)))
            : new OnnxInitializer("weight", OnnxElementType.Int8, weightShape, Bytes(weightShape));
        OnnxInitializer[] scales =
        [
            new("scale", [], (WeightTensor)(float[])[1]),
            new("zero", OnnxElementType.Uint8, [], stream => stream.WriteByte(0)),
            new("weight_zero", OnnxElementType.Int8, [], stream => stream.WriteByte(0)),
        ];
        OnnxAttribute[] padding = [new("pads", new long[] { 1, 1, 1, 1 })];
        var node = (isProduct, isFloat) switch
        {
            (true, true) => new NodeProto("MatMul", "product", ["x", "weight"], ["y"], []),
            (true, false) => new NodeProto("MatMulInteger", "product", ["x", "weight"], ["y"], []),
            (false, true) => new NodeProto("Conv", "convolution", ["x", "weight"], ["y"], padding),
            (false, false) => new NodeProto(
                "QLinearConv", "convolution", ["x", "scale", "zero", "weight", "scale", "weight_zero", "scale", "zero"], ["y"], padding),
        };
        var (input, output) = (isFloat ? OnnxElementType.Float : OnnxElementType.Uint8,
            isFloat ? OnnxElementType.Float : isProduct ? OnnxElementType.Int32 : OnnxElementType.Uint8);
        var model = new OnnxModel
        {
            GraphName = "peak",
            ProducerName = "benchmarks",
            ProducerVersion = "",
            Nodes = [node],
            Initializers = [weight, .. scales.Where(scale => node.Input.Contains(scale.Name))],
            ValueInfos = [],
            Inputs = [new ValueInfoProto("x", input, [.. shape.Select(side => (OnnxDimension)side)])],
            Outputs = [new ValueInfoProto("y", output, [.. shape.Select(side => (OnnxDimension)side)])],
            Metadata = [],
        };
        using var file = new MemoryStream();
        OnnxModelWriter.Write(file, model);
        using var options = new SessionOptions { IntraOpNumThreads = get_num_threads() };
        var session = new InferenceSession(file.ToArray(), options);
        var size = (int)shape.Aggregate(1L, (x, y) => x * y);
        var (x, run) = (
            isFloat
                ? OrtValue.CreateTensorValueFromMemory(new float[size], shape)
                : OrtValue.CreateTensorValueFromMemory(new byte[size], shape),
            new RunOptions());
        return () => session.Run(run, ["x"], [x], ["y"]).Dispose();
    }

    private static Action<Stream> Bytes(long[] shape) => stream =>
    {
        var values = new byte[shape.Aggregate(1L, (x, y) => x * y)];
        values.AsSpan().Fill(1);
        stream.Write(values);
    };
}
