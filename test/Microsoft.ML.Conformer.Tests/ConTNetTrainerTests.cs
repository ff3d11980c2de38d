using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests;

/// <summary>A small ConTNet through all doors: trained, resumed, exported, saved, loaded and scored.</summary>
[TestClass]
[DoNotParallelize] // it sets the number of threads, which is the process's
public sealed class ConTNetTrainerTests
{
    private const int Side = 56;

    private static readonly MLContext _context = new(seed: 1);
    private static readonly IDataView _photos = Photo.View(_context, Photo.Set(24, width: 70, height: 60));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ItTrainsAndScoresTheSameInEveryForm(bool otherFlags)
    {
        using var folder = new TemporaryFolder();
        using var trained = _context.MulticlassClassification.Trainers.ConTNet(Options(epochs: 8, otherFlags)).Fit(_photos);
        var scored = trained.Transform(_photos);
        var expected = ScoringModel.Scores(scored);
        Assert.IsGreaterThan(0.9, _context.MulticlassClassification.Evaluate(scored).MicroAccuracy);

        _context.Model.Save(trained, _photos.Schema, folder.File("model.zip"));
        trained.SaveAsOnnx(folder.File("float32.onnx"));
        trained.SaveAsOnnx(folder.File("float16.onnx"), new OnnxExportOptions { Precision = OnnxPrecision.Float16 });
        trained.SaveAsOnnx(
            folder.File("int8.onnx"), new OnnxExportOptions { Precision = OnnxPrecision.Int8, CalibrationImages = _photos });
        trained.SaveAsOnnx(folder.File("anysize.onnx"), new OnnxExportOptions { DynamicImageSize = true });
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
        Assert.IsLessThan(1e-5, Difference("anysize.onnx"));
        Assert.IsLessThan(1e-5, Difference("photos.onnx"), "the graph resizes bilinearly as the library does");

        double Difference(string file)
        {
            using var loaded = _context.Model.LoadImageClassifier(folder.File(file));
            Assert.AreEqual(Side, loaded.ImageSize);
            return ScoringModel.Difference(expected, ScoringModel.Scores(loaded.Transform(_photos)));
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ItLearnsInBFloat16(bool otherFlags)
    {
        var options = Options(epochs: 8, otherFlags);
        options.Precision = TrainingPrecision.BFloat16;

        using var trained = _context.MulticlassClassification.Trainers.ConTNet(options).Fit(_photos);

        Assert.IsGreaterThan(0.9, _context.MulticlassClassification.Evaluate(trained.Transform(_photos)).MicroAccuracy);
    }

    [TestMethod]
    public void ALoadedOneIsExportedAgainAndGivesItsFeatures()
    {
        using var folder = new TemporaryFolder();
        using var trained = _context.MulticlassClassification.Trainers.ConTNet(Options(epochs: 1)).Fit(_photos);
        _context.Model.Save(trained, _photos.Schema, folder.File("model.zip"));
        using var loaded = _context.Model.LoadImageClassifier(folder.File("model.zip"));

        loaded.SaveAsOnnx(folder.File("again.onnx"), new OnnxExportOptions { IncludePreprocessing = true });
        using var again = _context.Model.LoadImageClassifier(folder.File("again.onnx"));
        Assert.IsLessThan(1e-5, ScoringModel.Difference(
            ScoringModel.Scores(trained.Transform(_photos)), ScoringModel.Scores(again.Transform(_photos))));

        using var features = loaded.ExtractFeatures(
            new ImageFeatureOptions { Features = ImageFeatures.Embeddings | ImageFeatures.C2 | ImageFeatures.C3 });
        var schema = features.Transform(_photos).Schema;
        int[] Shape(string column) => [.. ((VectorDataViewType)schema[column].Type).Dimensions];
        CollectionAssert.AreEqual((int[])[32], Shape("ConvEmbedding"));
        CollectionAssert.AreEqual((int[])[8, 14, 14], Shape("C2"));
        CollectionAssert.AreEqual((int[])[32, 7, 7], Shape("C3"));
        Assert.IsNull(schema.GetColumnOrNull("TransformerEmbedding"));
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => loaded.ExtractFeatures(new ImageFeatureOptions { Features = ImageFeatures.TransformerEmbedding }));
        StringAssert.Contains(error.Message, "this network has no TransformerEmbedding, only ConvEmbedding, C2, C3.");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ARunThatWasInterruptedEndsWithTheSameWeightsToTheBit(bool otherFlags)
    {
        using var folder = new TemporaryFolder();
        byte[] Weights(ConTNetTrainer.Options options)
        {
            using var model = _context.MulticlassClassification.Trainers.ConTNet(options).Fit(_photos);
            model.SaveWeights(folder.File("weights.safetensors"));
            return File.ReadAllBytes(folder.File("weights.safetensors"));
        }
        var expected = Weights(Interruptible());

        using var stop = new CancellationTokenSource();
        var interrupted = Interruptible();
        interrupted.Checkpoints.Folder = folder.File("run");
        interrupted.Checkpoints.EverySteps = 1;
        interrupted.CancellationToken = stop.Token;
        interrupted.Progress = new Stopper(stop, epoch: 2);
        Assert.ThrowsExactly<OperationCanceledException>(() => Weights(interrupted));
        var resumed = Interruptible();
        resumed.Checkpoints.Folder = folder.File("run");
        resumed.Checkpoints.Resume = true;

        CollectionAssert.AreEqual(expected, Weights(resumed));

        ConTNetTrainer.Options Interruptible()
        {
            var options = Options(epochs: 3, otherFlags);
            options.DropPath = 0.2;
            options.GradientCheckpointing = otherFlags;
            options.WeightAverageDecay = 0.9;
            options.Augmentation = new AugmentationRecipe { AutoAugment = true, MixupAlpha = 0.8 };
            options.Architecture = options.Architecture! with
            {
                LastDropRate = 0.1,
                Stages = [.. options.Architecture.Stages.Select(stage => stage with { DropRate = 0.1 })],
            };
            return options;
        }
    }

    [TestMethod]
    public void TrainingStartsFromAFilesWeightsWhateverItSaysOfPositions()
    {
        using var folder = new TemporaryFolder();
        var options = Options(epochs: 1, otherFlags: true);
        var architecture = options.Architecture! with { NumClasses = 3 };
        var file = folder.File("official.pth");
        // Every tensor holds ones, the index of positions too: they would all be one distance's.
        File.WriteAllBytes(file, TorchFile.Constant(architecture.StateDict()));
        options.PretrainedWeights = file;

        using var model = _context.MulticlassClassification.Trainers.ConTNet(options).Fit(_photos);
        model.SaveWeights(folder.File("weights.safetensors"));

        using var network = new ConTNetNetwork(architecture);
        using var saved = CheckpointFile.Open(folder.File("weights.safetensors"));
        const string index = "layer1.ConTBlock0.ste1.attn.relative_position_index";
        CollectionAssert.AreEqual(new NetworkWeights(network).Read(index), saved.Read(index));
        Assert.AreEqual("int64", saved.Tensors.Single(tensor => tensor.Name == index).Type.ToString());
    }

    [TestMethod]
    public void WeightsOfAConformerAreAnErrorBeforeTheyAreDownloaded()
    {
        var options = Options(epochs: 1);
        options.PretrainedWeights = "conformer-tiny-p16";

        var error = Assert.ThrowsExactly<WeightMismatchException>(
            () => _context.MulticlassClassification.Trainers.ConTNet(options).Fit(_photos));

        StringAssert.Contains(error.Message, "Take the Conformer's trainer. Set Variant to Tiny.");
    }

    [TestMethod]
    public void ImageSizesThatWindowsDoNotDivideAreAnErrorThatNamesSomeThatFit()
    {
        var options = Options(epochs: 1);
        options.ImageSize = 100;

        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.MulticlassClassification.Trainers.ConTNet(options));

        StringAssert.Contains(error.Message, "ImageSize: The image is 100 x 100 pixels");
        StringAssert.Contains(error.Message, "a side of 25 in stage 1 is no multiple of its windows, 7 and 14. Sides that fit: 56, 112.");
    }

    [TestMethod]
    public void WhatAConTNetDoesNotHaveIsAnError()
    {
        var options = new ConTNetTrainer.Options
        {
            Variant = (ConTNetVariant)9,
            Recipe = TrainingRecipe.FineTune with { ZeroInitialResidual = true },
        };

        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.MulticlassClassification.Trainers.ConTNet(options));

        StringAssert.Contains(error.Message, "Variant is 9");
        StringAssert.Contains(error.Message, "ZeroInitialResidual is true; a ConTNet's blocks do not end in a norm.");
    }

    [TestMethod]
    public void AnArchitectureWithoutStagesIsAnErrorAmongTheOthers()
    {
        var options = new ConTNetTrainer.Options { Architecture = new ConTNetArchitecture { Stages = null! }, Epochs = 0 };

        var error = Assert.ThrowsExactly<ArgumentException>(() => _context.MulticlassClassification.Trainers.ConTNet(options));

        StringAssert.Contains(error.Message, "Architecture.Stages has 0 stages");
        StringAssert.Contains(error.Message, "Epochs is 0");
    }

    [TestMethod]
    public void VariantsTakeSmallerImagesWithOtherWindows()
    {
        var trainer = _context.MulticlassClassification.Trainers.ConTNet(
            new ConTNetTrainer.Options { Variant = ConTNetVariant.Small, ImageSize = 112 });

        Assert.IsNotNull(trainer);
        Assert.IsInstanceOfType<ConTNetTrainer>(_context.MulticlassClassification.Trainers.ConTNet(variant: ConTNetVariant.Base));
    }

    private static ConTNetTrainer.Options Options(int epochs, bool otherFlags = false) => new()
    {
        Architecture = new ConTNetArchitecture
        {
            StemWidth = 8,
            Stages = [new() { MlpWidth = 16, NumHeads = 1 }, new() { MlpWidth = 16, NumHeads = 2, SecondWindow = 7 }],
            DeepStem = otherFlags,
            AverageDown = otherFlags,
            RelativePositions = otherFlags,
            PreNorm = otherFlags,
            QkvBias = !otherFlags,
        },
        ImageSize = Side,
        Epochs = epochs,
        BatchSize = 8,
        WarmupEpochs = 1,
        LearningRate = 5e-3,
        Seed = 1,
        Device = TrainingDevice.Cpu,
        Threads = 2,
    };

    private sealed class Stopper(CancellationTokenSource stop, int epoch) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Epoch == epoch)
                stop.Cancel();
        }
    }
}
