using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Torch;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Tests.Networks.Layers;

[TestClass]
public sealed class PointwiseTests
{
    /// <summary>With one thread, and on some CPUs, libtorch's own convolution is right for all of these; with two it is not.</summary>
    [TestMethod]
    [DataRow(2, 128, 512, 28)]
    [DataRow(2, 256, 512, 7)]
    [DataRow(8, 512, 512, 5)]
    [DataRow(1, 64, 640, 20)]
    [DataRow(3, 512, 48, 8)]
    [DataRow(2, 1024, 64, 3)]
    [DataRow(2, 64, 2048, 3)]
    public void AConvolutionIsTheProductOfItsWeightAndEachPixel(int images, int inChannels, int outChannels, int side)
    {
        using var scope = NewDisposeScope();
        using var convolution = Conv2d(inChannels, outChannels, 1L);
        var (once, again) = (Pixels(1), Pixels(2));

        // The first call of a shape decides how it is computed from then on.
        foreach (var x in (Tensor[])[once, once, again])
            Assert.AreClose(Expected(x).Values(), Pointwise.Call(convolution, x).Values(), 1e-4, $"{inChannels} to {outChannels}");

        Tensor Pixels(ulong seed)
        {
            using var generator = new Generator(seed, CPU);
            return randn([images, side, side, inChannels], generator: generator).permute(0, 3, 1, 2);
        }

        Tensor Expected(Tensor x) => einsum(
            "nihw,oi->nohw", x.to(ScalarType.Float64), convolution.weight!.flatten(1).to(ScalarType.Float64))
            .Plus(convolution.bias!.to(ScalarType.Float64).view(1, -1, 1, 1)).to(ScalarType.Float32);
    }

    /// <summary>Of zeros nothing is left out that shows.</summary>
    [TestMethod]
    [DataRow(2, 128, 512, 27)]
    [DataRow(8, 512, 512, 6)]
    public void ImagesOfZerosDecideNothing(int images, int inChannels, int outChannels, int side)
    {
        using var scope = NewDisposeScope();
        using var convolution = Conv2d(inChannels, outChannels, 1L, bias: false);
        using var generator = new Generator(1, CPU);
        var x = randn([images, side, side, inChannels], generator: generator).permute(0, 3, 1, 2);

        Assert.AreEqual(0, Pointwise.Call(convolution, zeros_like(x)).abs().max().ToSingle());

        var expected = functional.linear(x.permute(0, 2, 3, 1), convolution.weight!.flatten(1)).permute(0, 3, 1, 2);
        Assert.AreClose(expected.Values(), Pointwise.Call(convolution, x).Values(), 1e-4, "afterward");
    }

    [TestMethod]
    public void ImagesThatAreNotFiniteDecideNothing()
    {
        using var scope = NewDisposeScope();
        using var convolution = Conv2d(24, 40, 1L, bias: false);
        var x = ones(2, 6, 6, 24).permute(0, 3, 1, 2);

        var broken = Pointwise.Call(convolution, x * float.NaN);

        Assert.IsTrue(broken.isnan().all().ToBoolean());
        var expected = functional.linear(x.permute(0, 2, 3, 1), convolution.weight!.flatten(1)).permute(0, 3, 1, 2);
        Assert.AreClose(expected.Values(), Pointwise.Call(convolution, x).Values(), 1e-5, "afterward");
    }
}
