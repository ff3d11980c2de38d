using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Torch;
using TorchSharp;
using static TorchSharp.torch;
using OnnxAttribute = Microsoft.ML.Conformer.Onnx.Format.AttributeProto;
using OnnxElementType = Microsoft.ML.Conformer.Onnx.Format.TensorProto.Types.DataType;

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

    /// <summary>
    /// Options: --by onnxruntime (or libtorch), --of product (or convolution), --type Float32 (Int8 by onnxruntime, BFloat16 by libtorch).
    /// </summary>
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
        OnnxInitializer[] constants = isFloat
            ? [GraphWork.Floats("weight", weightShape)]
            :
            [
                GraphWork.Bytes("weight", OnnxElementType.Int8, 1, weightShape), GraphWork.Floats("scale"),
                GraphWork.Bytes("zero", OnnxElementType.Uint8, 0), GraphWork.Bytes("weight_zero", OnnxElementType.Int8, 0),
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
        return GraphWork.Of([node], constants, input, shape, output, get_num_threads());
    }
}
