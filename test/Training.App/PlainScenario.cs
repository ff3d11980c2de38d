using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Augmentation;
using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Data.Caching;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Data.Reading;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Training.Classification;
using Microsoft.ML.Conformer.Training.Distributed;
using Microsoft.ML.Conformer.Training.Distributed.Collectives;
using Microsoft.ML.Conformer.Training.Optimization;
using Microsoft.ML.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Training;

/// <summary>
/// Trains a network without BatchNorm, whose steps depend on nothing but the images in them, for 20 steps: `Training.App plain BATCH
/// IMAGES OUTPUT` writes each rank's weights as floats to OUTPUT.RANK and prints the validations.
/// </summary>
internal static class PlainScenario
{
    private const int Side = 32, Steps = 20;

    public static void Run(int batchSize, int imageCount, string output)
    {
        using var ranks = RankGroup.Join(DistributedTraining.Auto, TimeSpan.FromMinutes(1), CancellationToken.None);
        var share = new RankShare(ranks.All.Rank, ranks.All.Size);
        var context = new MLContext(seed: 1);
        var keys = context.Transforms.Conversion.MapValueToKey("Label").Fit(context.Data.LoadFromEnumerable(ColoredImage.Make(2)));
        var read = new ImageReadOptions
        {
            ImageColumnName = "Image",
            LabelColumnName = "Label",
            Preprocessor = new ImagePreprocessor(Side, new ImagePreprocessing()),
        };
        using var images = ImageDataset.ForTraining(
            keys.Transform(context.Data.LoadFromEnumerable(ColoredImage.Make(imageCount))), read, CancellationToken.None);
        using var validation = ImageDataset.ForEvaluation(
            keys.Transform(context.Data.LoadFromEnumerable(ColoredImage.Make(11))), read, CancellationToken.None);
        var batches = new TrainingBatches(images, new TrainingBatchOptions
        {
            BatchSize = batchSize,
            Seed = 3,
            Augmentation = new ImageAugmentation(new AugmentationRecipe()),
            Share = share,
        });
        var epochs = Steps / batches.BatchCount;
        using var network = new PlainNetwork(new PlainArchitecture { NumClasses = 2 }, seed: 1 + ranks.All.Rank);
        var settings = new TrainingSettings
        {
            Epochs = epochs,
            Schedule = new CosineSchedule(new TrainingRecipe { Epochs = epochs, LearningRate = 1e-3 }),
            WeightAverageDecay = 0.9,
            Device = CPU,
            Step = new StepSettings { WeightDecay = 0.05, MaxGradientNorm = 1, Collective = ranks.All },
        };
        var host = share.Rank > 0 ? new TrainingHost() : new TrainingHost
        {
            Report = (_, validation) =>
            {
                if (validation is not null)
                    Console.WriteLine(FormattableString.Invariant(
                        $"validation {validation["accuracy"]:r} {validation["macro_accuracy"]:r} {validation["loss"]:r}"));
            },
        };
        // Two images in a batch, whatever the ranks: what is scored together rounds alike.
        TrainingLoop.Run(
            new ClassificationTask(network, labelSmoothing: 0.1), settings, batches, new EvaluationBatches(validation, 2, share), host,
            CancellationToken.None);
        var weights = network.parameters().SelectMany(parameter => parameter.data<float>().ToArray()).ToArray();
        File.WriteAllBytes($"{output}.{ranks.All.Rank}", MemoryMarshal.AsBytes<float>(weights).ToArray());
    }

    private sealed record PlainArchitecture : VisionArchitecture
    {
        public const int Width = 24;

        internal override ImagePreprocessing Preprocessing => new();

        internal override IReadOnlyList<NetworkHead> Heads => [new("head", "pooled", Width)];

        internal override IReadOnlyList<int> FeatureLevels => [];

        internal override int MapChannels(int level) => throw new ArgumentOutOfRangeException(nameof(level), level, "It has no maps.");

        internal override IEnumerable<NetworkLayer> Layers(int height, int width)
        {
            yield return NetworkLayer.Conv("stem", InputChannels, new FeatureMap(Width, height / 4, width / 4), kernel: 4, bias: true);
            yield return NetworkLayer.LayerNorm("norm", 1, Width);
            yield return NetworkLayer.Linear("head", [1, NumClasses], Width, NumClasses);
        }
    }

    private sealed class PlainNetwork : VisionNetwork
    {
        private readonly Conv2d stem;
        private readonly LayerNorm norm;
        private readonly Linear head;

        public PlainNetwork(PlainArchitecture a, int seed) : base(a, "plain network")
        {
            stem = Conv2d(a.InputChannels, PlainArchitecture.Width, 4L, stride: 4L);
            norm = LayerNorm(PlainArchitecture.Width);
            head = Linear(PlainArchitecture.Width, a.NumClasses);
            RegisterComponents();
            using var noGrad = no_grad();
            using var generator = new Generator((ulong)seed, CPU);
            foreach (var parameter in parameters().Where(parameter => parameter.dim() > 1))
                parameter.normal_(0, 0.2, generator);
            foreach (var bias in new[] { stem.bias!, head.bias! })
                bias.zero_();
        }

        internal override NetworkFeatures ForwardFeatures(Tensor images) => new(
            new Dictionary<int, Tensor>(), [norm.call(functional.gelu(stem.call(images)).mean([2, 3]))]);

        internal override Tensor[] ForwardHeads(NetworkFeatures features) => [head.call(features.Embeddings[0])];
    }
}
