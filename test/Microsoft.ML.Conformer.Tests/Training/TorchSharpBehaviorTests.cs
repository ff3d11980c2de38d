using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>What training relies on in TorchSharp, checked against whatever TorchSharp this build restored.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TorchSharpBehaviorTests
{
    private const double ResidentGrowthAllowed = 0.05;

    [TestMethod]
    public void TwoThousandTrainingStepsKeepResidentMemoryAndTensorCountFlat()
    {
        // One thread: on so small a network, waiting for a second one on a busy machine takes longer than the work.
        var threads = get_num_threads();
        set_num_threads(1);
        using var network = new TinyNetwork();
        using var optimizer = optim.AdamW(network.parameters(), lr: 1e-3, weight_decay: 0.05);
        using var generator = new Generator(7);
        var (residentEarly, tensorsEarly) = (0L, 0L);
        for (var step = 0; step < 2000; step++)
        {
            TrainOnce(network, optimizer, generator);
            if (step == 400)
                (residentEarly, tensorsEarly) = (ResidentMemory.Bytes(), Tensor.TotalCount);
        }
        set_num_threads(threads);
        var (resident, tensors) = (ResidentMemory.Bytes(), Tensor.TotalCount);
        Assert.AreEqual(tensorsEarly, tensors, "tensors alive after 400 and after 2,000 steps");
        Assert.IsTrue(
            resident <= residentEarly * (1 + ResidentGrowthAllowed),
            $"resident memory grew from {residentEarly / 1e6:f1} to {resident / 1e6:f1} MB");
    }

    [TestMethod]
    public void NativeShapeErrorBecomesExternalExceptionAndTheProcessGoesOn()
    {
        using var scope = NewDisposeScope();
        var batch = zeros(2, 3, 4);
        var error = Assert.ThrowsExactly<ExternalException>(() => batch.bmm(zeros(2, 5, 6)));
        StringAssert.Contains(error.Message, "[2, 4]");
        Assert.ThrowsExactly<ExternalException>(() => F.linear(zeros(2, 3), zeros(4, 5)));
        Assert.ThrowsExactly<ExternalException>(() => zeros(2, 3).reshape(7));
        Assert.ThrowsExactly<ExternalException>(() => ones(2).backward());
        Assert.AreEqual(6f, ones(2, 3).sum().item<float>());
    }

    [TestMethod]
    public void DisposeScopeFreesWhatWasMadeInItButNotWhatWasMovedOutOrDetached()
    {
        var before = Tensor.TotalCount;
        Tensor inner, moved, detached;
        using (var outer = NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                inner = zeros(3);
                moved = ones(3).MoveToOuterDisposeScope();
                detached = (moved + 1).DetachFromDisposeScope();
            }
            Assert.IsTrue(inner.IsInvalid);
            Assert.IsFalse(moved.IsInvalid);
            Assert.AreEqual(1, outer.DisposablesCount);
        }
        Assert.IsTrue(moved.IsInvalid);
        Assert.AreEqual(2f, detached[0].item<float>());
        Assert.ThrowsExactly<InvalidOperationException>(() => _ = inner.shape);
        detached.Dispose();
        Assert.IsTrue(Tensor.TotalCount <= before + 1, "the scopes left tensors behind");
    }

    [TestMethod]
    public void FinalizersFreeTensorsThatNoScopeOwns()
    {
        var before = Tensor.TotalCount;
        MakeAndForget(100);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.IsTrue(Tensor.TotalCount < before + 100, $"{Tensor.TotalCount - before} of 100 forgotten tensors are alive");

        static void MakeAndForget(int count)
        {
            for (var i = 0; i < count; i++)
                _ = zeros(16);
        }
    }

    [TestMethod]
    public void AdamWFollowsItsDefinitionWithARateAndADecayForEachGroup()
    {
        using var scope = NewDisposeScope();
        double[] start = [0.5, -1.25, 2];
        var (first, second) = (nn.Parameter(tensor(start)), nn.Parameter(tensor(start)));
        using var optimizer = optim.AdamW(
            [
                new AdamW.ParamGroup { Parameters = [first], Options = new AdamW.Options { weight_decay = 0.1 } },
                new AdamW.ParamGroup([second], lr: 0.02),
            ],
            lr: 0.01, beta1: 0.8, beta2: 0.95, eps: 1e-6);
        var byHandFirst = new AdamWByHand(start, decay: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-6);
        var byHandSecond = new AdamWByHand(start, decay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8);
        for (var step = 1; step <= 5; step++)
        {
            var groups = optimizer.ParamGroups.ToList();
            groups[0].LearningRate = 0.01 / step;
            optimizer.zero_grad();
            (first.pow(3).sum() + second.pow(2).sum()).backward();
            optimizer.step();
            byHandFirst.Step(0.01 / step, w => 3 * w * w);
            byHandSecond.Step(0.02, w => 2 * w);
        }
        AssertClose(byHandFirst.Weights, first, 1e-12);
        AssertClose(byHandSecond.Weights, second, 1e-12);
    }

    [TestMethod]
    public void OptimizerZeroesGradientsWhereModuleDropsThem()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(2, 1);
        using var optimizer = optim.AdamW(layer.parameters());
        layer.call(ones(1, 2)).sum().backward();
        optimizer.zero_grad();
        Assert.AreEqual(0f, layer.weight.grad!.abs().sum().item<float>());
        layer.zero_grad();
        Assert.IsNull(layer.weight.grad);
    }

    [TestMethod]
    public void StateDictionaryNamesFollowFieldsAndListPositions()
    {
        using var network = new NestedNetwork();
        string[] expected =
        [
            "stem.weight", "stem.bias", "blocks.0.norm.weight", "blocks.0.norm.bias", "blocks.1.norm.weight", "blocks.1.norm.bias",
            "cls_token", "blocks.0.norm.running_mean", "blocks.0.norm.running_var", "blocks.0.norm.num_batches_tracked",
            "blocks.1.norm.running_mean", "blocks.1.norm.running_var", "blocks.1.norm.num_batches_tracked",
        ];
        CollectionAssert.AreEquivalent(expected, network.state_dict().Keys);

        using var copy = new NestedNetwork();
        var (missing, unexpected) = copy.load_state_dict(network.state_dict());
        Assert.AreEqual(0, missing.Count + unexpected.Count);
        foreach (var (name, value) in copy.state_dict())
            Assert.IsTrue(value.allclose(network.state_dict()[name]), name);
    }

    [TestMethod]
    public void MovingAModuleToAnotherElementTypeKeepsCountsAndRequiresGrad()
    {
        using var network = new NestedNetwork();
        network.to(ScalarType.BFloat16);
        var state = network.state_dict();
        Assert.AreEqual(ScalarType.BFloat16, state["blocks.1.norm.running_mean"].dtype);
        Assert.AreEqual(ScalarType.Int64, state["blocks.1.norm.num_batches_tracked"].dtype);
        Assert.IsTrue(state["cls_token"].requires_grad);
        Assert.AreEqual(ScalarType.BFloat16, network.ClassToken.dtype, "the field holds the new parameter");
    }

    [TestMethod]
    public void GeneratorDrawsTheSameForTheSameSeedAndLeavesTheDefaultGeneratorAlone()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var expectedDefault = randn(4);
        manual_seed(3);
        using var generator = new Generator(11);
        var drawn = Draw(generator);
        Assert.IsTrue(randn(4).allclose(expectedDefault, 0, 0));
        Assert.IsTrue(drawn.allclose(Draw(generator.manual_seed(11)), 0, 0));
        Assert.IsFalse(drawn.allclose(Draw(generator), 0, 0));
        var state = generator.get_state();
        var next = Draw(generator);
        generator.set_state(state);
        Assert.IsTrue(next.allclose(Draw(generator), 0, 0));

        static Tensor Draw(Generator generator) => cat(
        [
            rand(4, generator: generator), randn(4, generator: generator), zeros(4).uniform_(-1, 1, generator),
            zeros(4).normal_(0, 1, generator), zeros(4).bernoulli_(0.5, generator),
        ]);
    }

    [TestMethod]
    public void ChannelsLastStridesSurviveConvolutionNormalizationActivationAndPooling()
    {
        using var scope = NewDisposeScope();
        using var convolution = nn.Conv2d(3, 8, 3, padding: 1L);
        using var norm = nn.BatchNorm2d(8);
        var image = ChannelsLast(rand(2, 3, 8, 8));
        var features = F.max_pool2d(F.relu(norm.call(convolution.call(image))), 2);
        CollectionAssert.AreEqual(new long[] { 2, 8, 4, 4 }, features.shape);
        CollectionAssert.AreEqual(new long[] { 128, 1, 32, 8 }, features.stride());

        static Tensor ChannelsLast(Tensor tensor) => tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
    }

    [TestMethod]
    public void AttentionEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var q = randn([2, 3, 4, 8], generator: generator);
        var k = randn([2, 3, 5, 8], generator: generator);
        var v = randn([2, 3, 5, 6], generator: generator);
        var expected = (q.matmul(k.transpose(-2, -1)) / Math.Sqrt(8)).softmax(-1).matmul(v);
        Assert.IsTrue(F.scaled_dot_product_attention(q, k, v).allclose(expected, 1e-5, 1e-6));
    }

    [TestMethod]
    public void ClippingScalesGradientsToTheNormAndReturnsTheNormBefore()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (nn.Parameter(zeros(2)), nn.Parameter(zeros(1)));
        (a.grad, b.grad) = (tensor(new float[] { 3, 0 }), tensor(new float[] { 4 }));
        Assert.AreEqual(5, nn.utils.clip_grad_norm_([a, b, nn.Parameter(zeros(1))], 1), 1e-6);
        Assert.AreEqual(0.6f, a.grad![0].item<float>(), 1e-5f);
        Assert.AreEqual(0.8f, b.grad![0].item<float>(), 1e-5f);
        Assert.AreEqual(1, nn.utils.clip_grad_norm_([a, b], 100), 1e-5);
        Assert.AreEqual(0.6f, a.grad![0].item<float>(), 1e-5f);
    }

    [TestMethod]
    public void HooksRunThroughCallOnly()
    {
        using var scope = NewDisposeScope();
        using var layer = nn.Linear(2, 2);
        var calls = 0;
        var hook = layer.register_forward_hook((_, _, output) =>
        {
            calls++;
            return output;
        });
        layer.forward(ones(1, 2));
        Assert.AreEqual(0, calls);
        layer.call(ones(1, 2));
        hook.remove();
        layer.call(ones(1, 2));
        Assert.AreEqual(1, calls);
    }

    private static void TrainOnce(TinyNetwork network, AdamW optimizer, Generator generator)
    {
        using var scope = NewDisposeScope();
        var images = randn([8, 3, 12, 12], generator: generator);
        var labels = randint(0, 4, [8], generator: generator);
        var loss = F.cross_entropy(network.call(images), labels, label_smoothing: 0.1);
        optimizer.zero_grad();
        loss.backward();
        nn.utils.clip_grad_norm_(network.parameters(), 5);
        optimizer.step();
    }

    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i].item<double>(), tolerance);
    }

    private sealed class TinyNetwork : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d _convolution = nn.Conv2d(3, 8, 3, padding: 1L);
        private readonly BatchNorm2d _norm = nn.BatchNorm2d(8);
        private readonly Linear _head = nn.Linear(8 * 6 * 6, 4);

        public TinyNetwork()
            : base(nameof(TinyNetwork)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var features = F.max_pool2d(F.relu(_norm.call(_convolution.call(input))), 2);
            return _head.call(features.flatten(1)).MoveToOuterDisposeScope();
        }
    }

    private sealed class NestedNetwork : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d stem = nn.Conv2d(3, 4, 1);
        private readonly ModuleList<Block> blocks = new(new Block(), new Block());
        private Parameter cls_token = nn.Parameter(zeros(1, 1, 4));

        public NestedNetwork()
            : base(nameof(NestedNetwork)) => RegisterComponents();

        public Parameter ClassToken => cls_token;

        public override Tensor forward(Tensor input) => blocks.Aggregate(stem.call(input), (x, block) => block.call(x));

        public sealed class Block : nn.Module<Tensor, Tensor>
        {
            private readonly BatchNorm2d norm = nn.BatchNorm2d(4);

            public Block()
                : base(nameof(Block)) => RegisterComponents();

            public override Tensor forward(Tensor input) => norm.call(input);
        }
    }

    /// <summary>Algorithm 2 of Loshchilov and Hutter (2019), in doubles.</summary>
    private sealed class AdamWByHand(double[] start, double decay, double beta1, double beta2, double epsilon)
    {
        private readonly double[] _mean = new double[start.Length];
        private readonly double[] _square = new double[start.Length];
        private int _step;

        public double[] Weights { get; } = [.. start];

        public void Step(double rate, Func<double, double> gradient)
        {
            _step++;
            for (var i = 0; i < Weights.Length; i++)
            {
                var g = gradient(Weights[i]);
                _mean[i] = beta1 * _mean[i] + (1 - beta1) * g;
                _square[i] = beta2 * _square[i] + (1 - beta2) * g * g;
                var (mean, square) = (_mean[i] / (1 - Math.Pow(beta1, _step)), _square[i] / (1 - Math.Pow(beta2, _step)));
                Weights[i] -= rate * (decay * Weights[i] + mean / (Math.Sqrt(square) + epsilon));
            }
        }
    }
}
