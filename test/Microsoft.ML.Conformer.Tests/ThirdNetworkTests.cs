using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Networks.Layers;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Tests.Features;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Conformer.Tests;

/// <summary>
/// A network that the library does not know is an addition, not an edit: two convolutions and an attention layer with one head, bilinear
/// resizing, another crop, other colors and another image size train, export in 32, 16 and 8 bits, save, load and score.
/// </summary>
[TestClass]
public sealed class ThirdNetworkTests
{
    private const int Side = 48;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _photos = Photo.View(_context, Photo.Set(48, width: 70, height: 60));

    [ClassInitialize]
    public static void AddToTheTable(TestContext _) =>
        KnownNetworks.Add<ThirdArchitecture>("third", architecture => new ThirdGraph(architecture));

    [TestMethod]
    public void ItTrainsAndScoresTheSameInEveryForm()
    {
        using var folder = new TemporaryFolder();
        using var trained = new ThirdTrainer(_context, Options(epochs: 12)).Fit(_photos);
        var scored = trained.Transform(_photos);
        var expected = ScoringModel.Scores(scored);
        Assert.IsGreaterThan(0.9, _context.MulticlassClassification.Evaluate(scored).MicroAccuracy);

        _context.Model.Save(trained, _photos.Schema, folder.File("model.zip"));
        trained.SaveAsOnnx(folder.File("float32.onnx"));
        trained.SaveAsOnnx(folder.File("float16.onnx"), new OnnxExportOptions { Precision = OnnxPrecision.Float16 });
        trained.SaveAsOnnx(
            folder.File("int8.onnx"), new OnnxExportOptions { Precision = OnnxPrecision.Int8, CalibrationImages = _photos });
        trained.SaveAsOnnx(folder.File("photos.onnx"), new OnnxExportOptions
        {
            IncludePreprocessing = true,
            TopK = 2,
            AdditionalOutputs = OnnxOutputs.HeadLogits | OnnxOutputs.Embeddings | OnnxOutputs.AttentionMaps,
        });

        Assert.IsLessThan(1e-5, Difference("model.zip"));
        Assert.IsLessThan(1e-5, Difference("float32.onnx"));
        Assert.IsLessThan(1e-2, Difference("float16.onnx"));
        Assert.IsLessThan(0.1, Difference("int8.onnx"));
        Assert.IsLessThan(1e-5, Difference("photos.onnx"), "the graph resizes bilinearly as the library does");

        double Difference(string file)
        {
            using var loaded = _context.Model.LoadImageClassifier(folder.File(file));
            Assert.AreEqual(Side, loaded.ImageSize);
            return ScoringModel.Difference(expected, ScoringModel.Scores(loaded.Transform(_photos)));
        }
    }

    [TestMethod]
    public void ALoadedOneIsExportedAgainAndGivesItsFeatures()
    {
        using var folder = new TemporaryFolder();
        using var trained = new ThirdTrainer(_context, Options(epochs: 1)).Fit(_photos);
        _context.Model.Save(trained, _photos.Schema, folder.File("model.zip"));
        using var loaded = _context.Model.LoadImageClassifier(folder.File("model.zip"));

        loaded.SaveAsOnnx(folder.File("again.onnx"), new OnnxExportOptions { IncludePreprocessing = true });
        using var again = _context.Model.LoadImageClassifier(folder.File("again.onnx"));
        using var maps = loaded.ExtractFeatures(new ImageFeatureOptions { Features = ImageFeatures.C2 });

        Assert.IsLessThan(
            1e-5,
            ScoringModel.Difference(
                ScoringModel.Scores(trained.Transform(_photos)), ScoringModel.Scores(again.Transform(_photos))));
        var map = maps.Transform(_photos).Schema["C2"].Type;
        CollectionAssert.AreEqual((int[])[ThirdArchitecture.Width, Side / 4, Side / 4], ((VectorDataViewType)map).Dimensions);
        var error = Assert.ThrowsExactly<ArgumentException>(() => loaded.ExtractFeatures(new ImageFeatureOptions { Features = ImageFeatures.ConvEmbedding }));
        StringAssert.Contains(error.Message, "this network has no ConvEmbedding, only C2.");
    }

    [TestMethod]
    public void ItsImageSizeIsChecked()
    {
        var options = Options(epochs: 1);
        options.ImageSize = 64;

        var error = Assert.ThrowsExactly<ArgumentException>(() => new ThirdTrainer(_context, options));

        StringAssert.Contains(error.Message, "ImageSize is 64; the network takes only 48");
    }

    private static ThirdTrainer.Options Options(int epochs) => new()
    {
        ImageSize = Side,
        Epochs = epochs,
        BatchSize = 8,
        WarmupEpochs = 1,
        LearningRate = 5e-3,
        Seed = 1,
        Device = TrainingDevice.Cpu,
    };

    private sealed class ThirdTrainer(IHostEnvironment environment, ThirdTrainer.Options options)
        : ImageClassificationTrainer(environment, options)
    {
        public sealed class Options : ImageClassificationTrainerOptions
        {
            internal override VisionArchitecture ArchitectureFor(int classCount) => new ThirdArchitecture { NumClasses = classCount };

            internal override VisionNetwork CreateNetwork(VisionArchitecture architecture) =>
                new ThirdNetwork((ThirdArchitecture)architecture, Seed);
        }
    }

    private sealed record ThirdArchitecture : VisionArchitecture
    {
        public const int StemWidth = 16, Width = 32;

        public int NumHeads { get; init; } = 2;

        internal override ImagePreprocessing Preprocessing => new()
        {
            Mean = [0.5f, 0.4f, 0.3f],
            Std = [0.25f, 0.5f, 0.2f],
            CropFraction = 0.9,
            Interpolation = ResamplingKernel.Bilinear.Name,
        };

        internal override int? FixedImageSize => Side;

        internal override IReadOnlyList<NetworkHead> Heads => [new("head", "pooled", Width)];

        internal override IReadOnlyList<int> FeatureLevels => [2];

        internal override int MapChannels(int level) => Width;

        internal override IEnumerable<NetworkLayer> Layers(int height, int width)
        {
            var (map, tokens) = (new FeatureMap(Width, height / 4, width / 4), height / 4 * (width / 4));
            var stem = new FeatureMap(StemWidth, height / 2, width / 2);
            yield return NetworkLayer.Conv("stem", InputChannels, stem, kernel: 3, bias: false);
            yield return NetworkLayer.BatchNorm("stem_bn", stem);
            yield return NetworkLayer.Conv("body", StemWidth, map, kernel: 3, bias: false);
            yield return NetworkLayer.BatchNorm("body_bn", map);
            yield return NetworkLayer.LayerNorm("norm", tokens, Width);
            yield return NetworkLayer.Linear("attn.qkv", [1, tokens, 3 * Width], Width, 3 * Width);
            yield return NetworkLayer.Linear("attn.proj", [1, tokens, Width], Width, Width);
            yield return NetworkLayer.Linear("head", [1, NumClasses], Width, NumClasses);
        }
    }

    private sealed class ThirdNetwork : VisionNetwork
    {
        private readonly DropRandom _random;
        private readonly Conv2d stem, body;
        private readonly BatchNorm2d stem_bn, body_bn;
        private readonly LayerNorm norm;
        private readonly Attention attn;
        private readonly Linear head;

        public ThirdNetwork(ThirdArchitecture a, long seed) : base(a, "third network")
        {
            _random = new DropRandom(seed);
            stem = Conv2d(a.InputChannels, ThirdArchitecture.StemWidth, 3L, stride: 2, padding: 1, bias: false);
            stem_bn = BatchNorm2d(ThirdArchitecture.StemWidth);
            body = Conv2d(ThirdArchitecture.StemWidth, ThirdArchitecture.Width, 3L, stride: 2, padding: 1, bias: false);
            body_bn = BatchNorm2d(ThirdArchitecture.Width);
            norm = LayerNorm(ThirdArchitecture.Width);
            attn = new Attention(ThirdArchitecture.Width, a.NumHeads, bias: true, scale: null, attentionDrop: 0, projectionDrop: 0, _random);
            head = Linear(ThirdArchitecture.Width, a.NumClasses);
            RegisterComponents();
            using var noGrad = no_grad();
            using var generator = new Generator((ulong)seed, CPU);
            foreach (var parameter in parameters().Where(parameter => parameter.dim() > 1))
                parameter.normal_(0, 0.2, generator);
        }

        internal override NetworkFeatures ForwardFeatures(Tensor images)
        {
            var map = functional.relu(stem_bn.call(stem.call(images)));
            map = functional.relu(body_bn.call(body.call(map))); // [N, 32, H / 4, W / 4]
            var tokens = map.flatten(2).transpose(1, 2); // [N, T, 32]
            tokens = tokens + attn.call(norm.call(tokens));
            return new NetworkFeatures(new Dictionary<int, Tensor> { [2] = map }, [tokens.mean([1])]);
        }

        internal override Tensor[] ForwardHeads(NetworkFeatures features) => [head.call(features.Embeddings[0])];

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _random.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class ThirdGraph(ThirdArchitecture architecture) : INetworkGraph
    {
        private const double Epsilon = 1e-5;
        private const int StemWidth = ThirdArchitecture.StemWidth, Width = ThirdArchitecture.Width, MapSide = Side / 4;

        public string Name => "Third";

        public string FeatureMap(int level) => "body.relu";

        public NetworkBody Build(GraphBuilder graph, RequiredWeights weights, GraphInput input)
        {
            var layers = new LayerBuilder(graph, weights);
            var (x, scale) = input.Centered();
            x = layers.Relu(layers.ConvBatchNorm(x, "stem", "stem_bn", 3, StemWidth, kernel: 3, stride: 2, Epsilon, inputScale: scale));
            var map = layers.Relu(layers.ConvBatchNorm(x, "body", "body_bn", StemWidth, Width, kernel: 3, stride: 2, Epsilon));
            var last = graph.Add("Transpose", "map.last", [map], new AttributeProto("perm", new long[] { 0, 2, 3, 1 }));
            var pixels = graph.Add("Reshape", "map.pixels", [last, graph.Integers(-1, MapSide * MapSide, Width)]);
            var tokens = graph.Add("Transpose", "map.tokens", [pixels], new AttributeProto("perm", new long[] { 1, 0, 2 }));
            var rows = graph.Add("Reshape", "map.rows", [tokens, graph.Integers(-1, Width)]); // [T N, 32]
            var (normalized, affine) = layers.Normalize(rows, "norm", Width, Epsilon);
            var attended = layers.SelfAttention(
                normalized, "attn", Width, architecture.NumHeads, 1 / Math.Sqrt(Width / architecture.NumHeads), MapSide * MapSide,
                qkvBias: true, affine);
            var sum = graph.Add("Add", "tokens", [attended, rows]);
            var images = graph.Add("Reshape", "tokens.images", [sum, graph.Integers(MapSide * MapSide, -1, Width)]);
            var pooled = graph.Add(
                "ReduceMean", "pooled_embedding", [images], new AttributeProto("axes", new long[] { 0 }), new AttributeProto("keepdims", 0L));
            return new NetworkBody(
                () => [layers.Linear(pooled, "head", Width, architecture.NumClasses)], [new MapValue(2, map, Width, MapSide, MapSide)],
                [new AttentionValue(LayerBuilder.AttentionWeights("attn"), architecture.NumHeads, MapSide * MapSide, OnnxDimension.Batch)]);
        }
    }
}
