using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>
/// Sums and products that no garbage collection can spoil. For its own operators TorchSharp 0.107 makes a native number of each of
/// C#'s, of every sum's factor 1 too, and lets go of it before libtorch reads it: a collection in between frees it, and training ends with
/// "Unknown scalar type" or computes with whatever lies there. Here the numbers live until libtorch has read them.
/// </summary>
internal static class Arithmetic
{
    private static readonly Scalar _one = 1.ToScalar(); // for good

    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, _one);

    public static Tensor Plus(this Tensor tensor, double number) => With(number, scalar => tensor.add(scalar, _one));

    /// <summary>Adds in place.</summary>
    public static Tensor Add(this Tensor tensor, Tensor other) => tensor.add_(other, _one);

    /// <summary>Adds 1 in place, of the tensor's own type.</summary>
    public static Tensor Increment(this Tensor tensor) => tensor.add_(_one, _one);

    public static Tensor Times(this Tensor tensor, double factor) => With(factor, tensor.mul);

    public static Tensor Over(this Tensor tensor, double divisor) => With(divisor, scalar => tensor.div(scalar));

    /// <summary>Divides in place.</summary>
    public static Tensor Divide(this Tensor tensor, double divisor) => With(divisor, scalar => tensor.div_(scalar));

    public static Tensor AtMost(this Tensor tensor, double limit) => With(limit, tensor.clamp_max);

    public static Tensor AtLeast(this Tensor tensor, double limit) => With(limit, tensor.clamp_min);

    private static Tensor With(double number, Func<Scalar, Tensor> operation)
    {
        using var scalar = number.ToScalar(); // disposed of afterward, so it lives until then
        return operation(scalar);
    }
}
