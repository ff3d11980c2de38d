using Microsoft.ML.Conformer.Benchmarks.Scoring;
using Microsoft.ML.Conformer.Benchmarks.Suite;
using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Augmentation;
using Microsoft.ML.Conformer.Detection.Batches;
using Microsoft.ML.Conformer.Detection.Boxes;
using Microsoft.ML.Conformer.Detection.Images;
using Microsoft.ML.Conformer.Detection.Losses;
using Microsoft.ML.Conformer.Detection.Masks;
using Microsoft.ML.Conformer.Detection.Models;
using Microsoft.ML.Conformer.Detection.Networks;
using Microsoft.ML.Conformer.Detection.Training;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using Microsoft.ML.Conformer.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Benchmarks.Detection;

/// <summary>
/// The time of a detector of random weights: of a training step as the training loop takes it, on the GPU where there is a usable one, or
/// of scoring photos by ONNX Runtime. reference.py's `detector-step` and `detector-eval` do the same work.
/// </summary>
internal static class DetectorTimes
{
    /// <summary>As in reference.py: the logit of one class, by which an untrained detector finds objects, too.</summary>
    private const double FoundLogit = 2;

    private const int BatchesOfPass = 2;

    /// <summary>
    /// Options, each with a value: --way step or score, --head MaskRcnn (or FasterRcnn, CascadeMaskRcnn, RetinaNet), --variant
    /// SmallPatch32, --width 1344, --height 800, --batch 1, --classes 80; of a step --objects 8 in each image, --precision Float32,
    /// --device Auto; of scoring --provider Cpu, --threads 2.
    /// </summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var architecture = new DetectorArchitecture
        {
            Backbone = ConformerArchitecture.For(given.Choice("--variant", ConformerVariant.SmallPatch32)),
            Head = given.Choice("--head", DetectionHead.MaskRcnn),
            NumClasses = given.Number("--classes", 80),
        };
        var size = new ImageSize(given.Number("--height", 800), given.Number("--width", 1344));
        using var threads = TorchRuntime.UseThreads(null);
        using var memory = NativeHeap.KeepFreed();
        using var network = new DetectionNetwork(architecture);
        return given.Text("--way", "step") == "step" ? Step(given, network, size) : Score(given, network, size);
    }

    private static int Step(Arguments given, DetectionNetwork network, ImageSize size)
    {
        var (architecture, count) = (network.Architecture, given.Number("--batch", 1));
        var device = TorchDevice.Resolve(given.Choice("--device", TrainingDevice.Auto), new GpuPreference(null, FallbackToCpu: false));
        using var modes = new GpuModes(device, allowTf32: true, deterministic: false);
        network.to(device);
        network.train();
        var precision = PrecisionChoice.Of(given.Choice("--precision", TrainingPrecision.Float32), device, architecture.Backbone);
        using var step = new TrainingStep(
            new DetectionTask(network, LossRules.Of(architecture.Head), new DetectionRules(), [], validated: null), new StepSettings
            {
                WeightDecay = 1e-4,
                Precision = precision.Precision,
            });
        AugmentedImage[] images = [.. Enumerable.Range(0, count).Select(_ => Image(architecture, size, given.Number("--objects", 8)))];
        var batch = new PaddedBatch();
        batch.Fill(
            [.. Enumerable.Range(0, count)], [.. images.Select(image => image.Image)], size.PaddedTo(architecture.SizeDivisor),
            PreparedPhoto.Levels(OnnxInputKind.NormalizedNchw, new ImagePreprocessing()), _ => TargetTensors.Write(images));
        return RepeatedWork.Run(given, count, () =>
        {
            using var scope = NewDisposeScope();
            var (pixels, targets) = batch.ToTensors(device);
            var loss = step.Run(pixels, targets, learningRate: 1e-6).ToDouble(); // which waits for the device
            if (!double.IsFinite(loss))
                throw new InvalidOperationException($"The loss is {loss}.");
        });
    }

    private static int Score(Arguments given, DetectionNetwork network, ImageSize size)
    {
        var (architecture, count) = (network.Architecture, given.Number("--batch", 1));
        using (no_grad())
            foreach (var (name, parameter) in network.named_parameters())
                if (name.EndsWith("fc_cls.bias", StringComparison.Ordinal))
                    parameter.narrow(0, 0, 1).fill_(FoundLogit);
        var labels = ClassLabels.Numbered(architecture.NumClasses);
        var model = DetectorModel.Of(
            architecture, new DetectionRules(), new DetectorPreprocessing { LongestSide = size.Width, ShortestSide = size.Height }, labels,
            new StoredWeights(new NetworkWeights(network), network.state_dict().Keys));
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, model.Onnx);
            var mlContext = new MLContext(seed: 1);
            using var detector = mlContext.Model.LoadObjectDetector(file, new ScoringOptions
            {
                ExecutionProvider = given.Choice("--provider", ExecutionProvider.Cpu),
                IntraOpThreads = given.Number("--threads", 2),
                MaxBatchSize = count,
            });
            var photos = Photo.Set(BatchesOfPass * count, width: size.Width, height: size.Height);
            var view = mlContext.Data.LoadFromEnumerable(photos);
            var found = 0;
            var result = RepeatedWork.Run(given, photos.Count, () => found = CountObjects(detector.Transform(view)));
            Console.Error.WriteLine($"{found / photos.Count} objects in a photo");
            return result;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static AugmentedImage Image(DetectorArchitecture architecture, ImageSize size, int objects)
    {
        var random = new Random(1);
        var pixels = new byte[size.Height * size.Width * 3];
        random.NextBytes(pixels);
        Box[] boxes = [.. Enumerable.Range(0, objects).Select(_ =>
        {
            var (width, height) = (size.Width * (0.05 + (0.4 * random.NextDouble())), size.Height * (0.05 + (0.4 * random.NextDouble())));
            var (left, top) = ((size.Width - width) * random.NextDouble(), (size.Height - height) * random.NextDouble());
            return new Box((float)left, (float)top, (float)(left + width), (float)(top + height));
        })];
        return new AugmentedImage(
            new(size.Width, size.Height, pixels), boxes, [.. boxes.Select(_ => random.Next(architecture.NumClasses))],
            architecture.HasMasks ? [.. boxes.Select(box => RunLengthMask.FromPolygons(
                [[box.X0, box.Y0, box.X1, box.Y0, box.X1, box.Y1, box.X0, box.Y1]], size.Height, size.Width))] : []);
    }

    private static int CountObjects(IDataView scored)
    {
        using var cursor = scored.GetRowCursor(scored.Schema);
        var (getter, scores, count) = (
            cursor.GetGetter<Microsoft.ML.Data.VBuffer<float>>(scored.Schema["Score"]), default(Microsoft.ML.Data.VBuffer<float>), 0);
        while (cursor.MoveNext())
        {
            getter(ref scores);
            count += scores.Length;
        }
        return count;
    }
}
