using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Docs;

/// <summary>The code of README.md and docs/, so that it compiles; <see cref="SnippetTests"/> compares the two.</summary>
internal static class Snippets
{
    public static void Readme()
    {
        #region README.md
        var mlContext = new MLContext();
        var photos = mlContext.Data.LoadImageSplits("photos"); // a sub-folder for each class, or train and val with those
        Console.WriteLine(photos.Summary); // what was found, and what was passed over
        var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(photos.Training);
        var (training, validation) = (keys.Transform(photos.Training), keys.Transform(photos.Validation));
        var trainer = mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
        {
            ImageColumnName = "ImagePath", // files' paths; files' contents (byte[]) and MLImage will do as well
            PretrainedWeights = "conformer-tiny-p16", // published for ImageNet; downloaded once, 94 MB
            Epochs = 10,
            Validation = { Data = validation }, // the best epoch's weights are kept
            Progress = new Progress<TrainingProgress>(p => Console.Write(p.EpochEnded ? $"{p.Epoch}: {p.ValidationAccuracy:f3}\n" : "")),
        });
        var model = trainer.Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(training);
        mlContext.Model.Save(model, training.Schema, "model.zip");
        #endregion

        #region README.md
        using var classifier = mlContext.Model.LoadImageClassifier("model.zip", imageColumnName: "ImagePath");
        var scored = classifier.Transform(photos.Validation);
        #endregion
    }

    public static void Detection()
    {
        #region docs/detection.md
        var mlContext = new MLContext();
        var training = mlContext.Data.LoadFromCoco("instances_train.json", "train");
        var trainer = mlContext.MulticlassClassification.Trainers.ConformerObjectDetection(new ConformerObjectDetectionTrainer.Options
        {
            ImageColumnName = "ImagePath",
            Head = DetectionHead.MaskRcnn,
            PretrainedWeights = "conformer-small-p32", // a classifier's weights go into the backbone, a detector's everywhere
            ValidationSet = mlContext.Data.LoadFromCoco("instances_val.json", "val"), // COCO's AP after each epoch; the best is kept
        });
        using var detector = trainer.Fit(training);
        detector.SaveAsOnnx("detector.onnx");
        #endregion
    }

    public static void FoundObjects(MLContext mlContext, IDataView photos)
    {
        #region docs/detection.md
        using var detector = mlContext.Model.LoadObjectDetector("detector.onnx", imageColumnName: "ImagePath");
        var found = detector.Transform(photos); // PredictedLabel, Score, PredictedBoundingBoxes, PredictedMasks
        #endregion
    }

    public static void DetectorsOfWeights(MLContext mlContext)
    {
        #region docs/detection.md
        using var published = mlContext.Model.LoadObjectDetector("mask_rcnn_conformer_small_patch32.pth");
        published.SaveAsOnnx("detector.onnx");
        using var own = mlContext.Model.LoadObjectDetector("shelves.safetensors", weights: new DetectorWeightOptions
        {
            ClassNames = ["box", "bottle"], // in the order of the network's scores
            LongestSide = 1120,
        });
        #endregion
    }

    public static void FoundAndTrue(MLContext mlContext, ObjectDetectorTransformer detector)
    {
        #region docs/detection.md
        var check = mlContext.Data.CheckCoco("instances_train.json", imageFolder: "train");
        Console.WriteLine(check.Summary);
        check.SaveHtml("check.html");
        #endregion

        #region docs/detection.md
        var scored = detector.Transform(mlContext.Data.LoadFromCoco("instances_val.json", imageFolder: "val"));
        var report = mlContext.MulticlassClassification.EvaluateDetections(scored);
        Console.WriteLine($"AP {report.Boxes.AveragePrecision:f3}, masks {report.Masks?.AveragePrecision:f3}");
        Console.WriteLine($"{report.Mistakes.Missed} objects missed, {report.Mistakes.Duplicate} found twice");
        report.SaveHtml("detection.html");
        report.SaveJson("detection.json");
        report.SaveCsv("detection.csv");

        detector.SaveOverlay("photo.jpg", "photo-objects.png", new DetectionOverlayOptions { LeastScore = 0.5 });
        #endregion
    }

    public static void SegmentationTraining(MLContext mlContext)
    {
        #region docs/detection.md
        var training = mlContext.Data.LoadSegmentation("images", "labels", ["road", "grass", "house"]); // ImagePath, LabelMapPath
        var trainer = mlContext.MulticlassClassification.Trainers.ConformerImageSegmentation(new ConformerImageSegmentationTrainer.Options
        {
            ImageColumnName = "ImagePath",
            PretrainedWeights = "conformer-small-p32", // a classifier's weights go into the backbone
            ValidationSet = mlContext.Data.LoadSegmentation("val/images", "val/labels", ["road", "grass", "house"]), // the best mIoU is kept
        });
        using var segmenter = trainer.Fit(training);
        segmenter.SaveAsOnnx("segmenter.onnx");
        #endregion
    }

    public static void Segmentation(MLContext mlContext)
    {
        #region docs/detection.md
        var images = mlContext.Data.LoadSegmentation("val/images", "val/labels", ["road", "grass", "house"]);
        using var segmenter = mlContext.Model.LoadImageSegmenter("segmenter.onnx", imageColumnName: "ImagePath");
        var labels = segmenter.Transform(images); // PredictedLabels, a byte for each pixel, and PredictedLabelsSize, height and width
        var metrics = mlContext.MulticlassClassification.EvaluateSegmentation(labels);
        Console.WriteLine(metrics); // mean IoU, pixel accuracy, mean class accuracy, and each class
        #endregion
    }

    public static void Training(
        MLContext mlContext, IDataView trainingImages, IDataView validationImages, CancellationToken cancellation)
    {
        #region docs/training.md
        var trainer = mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
        {
            Variant = ConformerVariant.Small,
            ImageSize = 224,
            Epochs = 30,
            BatchSize = 32,
            LearningRate = 5e-4,
            Augmentation = new() { HorizontalFlipProbability = 0 }, // where left and right matter
            Validation = { Data = validationImages }, // after each epoch; the best epoch's weights are kept
            BadImages = BadImagePolicy.Skip,
            Scoring = { MaxBatchSize = 8, TestTimeFlip = true }, // how the trained model scores
            Progress = new Progress<TrainingProgress>(p => Console.WriteLine($"epoch {p.Epoch}: loss {p.Loss:f3}")),
        });
        #endregion

        #region docs/training.md
        var conTNet = mlContext.MulticlassClassification.Trainers.ConTNet(new ConTNetTrainer.Options
        {
            Variant = ConTNetVariant.Small,
            ImageSize = 112,
            Validation = { Data = validationImages },
        });
        var ownShape = ConTNetArchitecture.For(ConTNetVariant.Medium) with { RelativePositions = true, PreNorm = true };
        #endregion

        #region docs/training.md
        var splits = mlContext.Data.LoadImageSplits("photos", new ImageFolderOptions // or "photos.csv"
        {
            ValidationFraction = 0.2, // of each class, where there is no val
            TestFraction = 0.1, // of each class, where there is no test; default 0
            Seed = 1,
        });
        Console.WriteLine(splits.Summary); // classes, images, where each part is from, what was passed over, warnings
        foreach (var one in splits.Classes)
            Console.WriteLine($"{one.Name}: {one.Training} + {one.Validation} + {one.Test}");
        #endregion

        #region docs/training.md
        var report = mlContext.Data.CheckImageFolder("photos", new ImageCheckOptions { MinSide = 64 }); // or "photos.csv"
        Console.WriteLine(report); // a line for each kind of findings, with the first files
        report.SaveHtml("check.html"); // with thumbnails
        report.SaveJson("check.json"); // all findings
        if (report.HasErrors)
            return;
        #endregion

        #region docs/training.md
        var official = new ConformerTrainer.Options { Recipe = TrainingRecipe.Official, Epochs = 100, BatchSize = 64 };
        official.Augmentation = official.Augmentation with { HorizontalFlipProbability = 0 };
        official.Recipe.Save("recipe.json"); // TrainingRecipe.Load reads it, also where it has a few values only
        #endregion

        #region docs/training.md
        var varied = new ConformerTrainer.Options
        {
            Augmentation = new()
            {
                CropAreaMin = 0.2, // of the image's area
                RandAugment = new(), // or ThreeAugment = true; two operations out of 15, each with a chance of one half
                ColorJitter = new() { Brightness = 0.3, Contrast = 0.3, Saturation = 0.3, Hue = 0.05 },
                RotationDegrees = 10,
                RandomErasing = new() { Probability = 0.25 },
                MixupAlpha = 0.8, // blends images of a batch, and their labels
                CutMixAlpha = 1,  // pastes a box of one image into another; where both are on, chance decides for each batch
            },
        };
        mlContext.MulticlassClassification.Trainers.Conformer(varied).SaveAugmentedExamples(trainingImages, "augmented.png");
        #endregion

        #region docs/training.md
        var careful = new ConformerTrainer.Options
        {
            PretrainedWeights = "conformer-tiny-p16",
            Transfer = { LayerDecay = 0.75, HeadLearningRateFactor = 5 }, // early layers learn the least, new heads the most
        };
        var gradual = new ConformerTrainer.Options
        {
            PretrainedWeights = "conformer-tiny-p16",
            Transfer = { Freeze = Freezing.Gradual, HeadEpochs = 2, UnfreezingEpochs = 6, FreezeBatchNorm = true },
        };
        var heads = new ConformerTrainer.Options
        {
            PretrainedWeights = "conformer-tiny-p16",
            LearningRate = 5e-3, // the heads bear more than a whole network
            Transfer = { Freeze = Freezing.Backbone, CachedViews = 4 },
        };
        #endregion

        #region docs/training.md
        var safe = new ConformerTrainer.Options
        {
            Validation = { Data = validationImages },
            Checkpoints = { Folder = "runs/first/checkpoints", Every = TimeSpan.FromMinutes(5), Keep = 2, Resume = true },
            OnCancel = EarlyEnd.ReturnBest,     // Ctrl+C gives the best epoch's model, not an exception
            OnDivergence = EarlyEnd.ReturnBest, // so does a loss that is no longer finite
            CancellationToken = cancellation,
        };
        #endregion

        #region docs/training.md
        var imbalanced = new ConformerTrainer.Options
        {
            ClassBalance = ClassBalance.Weights, // or Sampler
            Validation = { Data = validationImages, BestBy = ValidationMetric.MacroAccuracy },
        };
        #endregion

        #region docs/training.md
        using var teacher = mlContext.Model.LoadImageClassifier("teacher.onnx"); // or a fitted chain of ML.NET's
        var distilled = new ConformerTrainer.Options
        {
            Distillation = { Teacher = teacher, Temperature = 3, Weight = 0.5, TeacherInput = TeacherInput.Original },
        };
        #endregion

        #region docs/training.md
        var curve = trainer.FindLearningRate(trainingImages);
        Console.WriteLine(curve.Suggestion); // where the smoothed loss falls most steeply
        curve.SaveSvg("learning-rate.svg"); // the plot that tells whether to trust it
        #endregion

        #region docs/training.md
        var recorded = new ConformerTrainer.Options
        {
            Validation = { Data = validationImages },
            Records = { Folder = "runs/first", AugmentedImages = 8, WeightHistograms = true }, // a folder for each run
        };
        #endregion
    }

    public static void Weights(MLContext mlContext, IDataView images, CancellationToken cancellation)
    {
        #region docs/weights.md
        var trainer = mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
        {
            Variant = ConformerVariant.Tiny, // must be the one that the weights were trained with
            PretrainedWeights = "conformer-tiny-p16", // or the path of a .pth or .safetensors file
            DownloadProgress = new Progress<WeightDownloadProgress>(p => Console.WriteLine($"{p.FileName}: {p.BytesReceived >> 20} MB")),
        });
        var model = trainer.Fit(images);
        #endregion

        #region docs/weights.md
        using var trained = trainer.Fit(images);
        trained.SaveWeights("birds.safetensors"); // then PretrainedWeights = "birds.safetensors"
        #endregion

        #region docs/weights.md
        using var classifier = mlContext.Model.LoadImageClassifier("conformer-tiny-p16"); // downloaded once
        using var own = mlContext.Model.LoadImageClassifier("pets.pth", weights: new WeightFileOptions
        {
            ClassNames = ["cat", "dog", "owl"], // in the order of the network's scores
            DownloadProgress = new Progress<WeightDownloadProgress>(p => Console.WriteLine($"{p.BytesReceived >> 20} MB")),
            CancellationToken = cancellation,
        });
        var embeddings = mlContext.Transforms.ExtractImageFeatures("conformer-small-p16"); // takes the same names and files
        #endregion
    }

    public static void Scoring(
        MLContext mlContext, IEstimator<ITransformer> images, IDataView photos, CancellationToken stopping)
    {
        #region docs/scoring.md
        using var classifier = mlContext.Model.LoadImageClassifier("model.zip", new ScoringOptions // or "model.onnx"
        {
            MaxBatchSize = 16,
            BadImages = BadImagePolicy.Skip, // a photo that cannot be used has NaN scores; by default it is an error
            TestTimeFlip = true, // the mean of each photo's and its mirror image's scores; takes twice the time
            FiveCrop = true, // the mean of the four corners' and the center's; takes five times the time, with the flip ten times
        });
        var scored = classifier.Transform(photos);
        #endregion

        #region docs/scoring.md
        using var content = new MemoryStream();
        classifier.SaveAsOnnx(content); // or mlContext.Model.Save(classifier, photos.Schema, content)
        content.Position = 0;
        using var restored = mlContext.Model.LoadImageClassifier(content);
        #endregion

        #region docs/scoring.md
        using var large = mlContext.Model.LoadImageClassifier("model.onnx", weights: new WeightFileOptions
        {
            ExternalDataFolder = ".", // where "model.onnx.data" is; ONNX Runtime maps it, so leave it as it is while the model is used
            CancellationToken = stopping, // ends the opening of a file of any kind
        });
        #endregion

        #region docs/scoring.md
        var features = mlContext.Transforms.ExtractImageFeatures(classifier, new ImageFeatureOptions // or the file's path
        {
            Features = ImageFeatures.Embeddings, // ConvEmbedding and TransformerEmbedding; FeatureMaps: C2, C3, C4, C5
            TransformerEmbeddingColumnName = "Features",
        });
        var vectors = features.Fit(photos).Transform(photos); // a trainer may follow in the same pipeline
        #endregion
    }

    public static void Export(TransformerChain<ITransformer> model, IEstimator<ITransformer> images, IDataView photos)
    {
        #region docs/export.md
        var conformer = model.OfType<ImageClassifierTransformer>().Single();
        conformer.SaveAsOnnx("model.onnx"); // input "image": [N, 3, H, W], normalized RGB; output "Score": [N, C]
        conformer.SaveAsOnnx("photos.onnx", new OnnxExportOptions
        {
            IncludePreprocessing = true, // input "image": uint8 [N, height, width, 3], photos of any size
            IncludePredictedLabel = true, // output "PredictedLabel": string [N]
            TopK = 3, // outputs "TopScores" and "TopLabels": [N, 3]
            AdditionalOutputs = OnnxOutputs.Embeddings, // outputs "conv_embedding" and "tran_embedding"
        });
        conformer.SaveAsOnnx("int8.onnx", new OnnxExportOptions
        {
            Precision = OnnxPrecision.Int8, // a quarter of the size, for CPUs; Float16 is for GPUs
            CalibrationImages = photos, // photos like those to be scored
        });
        #endregion
    }

    public static void Evaluate(MLContext mlContext, IDataView photos)
    {
        #region docs/evaluation.md
        using var classifier = mlContext.Model.LoadImageClassifier("model.onnx", imageColumnName: "ImagePath");
        var evaluation = mlContext.MulticlassClassification.EvaluateImages(classifier, photos);

        Console.WriteLine(evaluation.Summary); // for a terminal
        var accuracy = evaluation.Metrics.Accuracy; // and top-k, per class, kappa, AUC, log loss, Brier score, calibration error ...
        var interval = evaluation.Intervals.Accuracy; // the 95 % interval of the bootstrap over images
        evaluation.SaveJson("evaluation.json");

        using var explainer = classifier.CreateExplainer();
        evaluation.SaveHtml("evaluation.html", explainer); // with thumbnails, and maps of where the network looks
        #endregion

        #region docs/evaluation.md
        var temperature = evaluation.Calibration.Temperature; // fitted on these images; null where no temperature fits
        var after = evaluation.MetricsAt(temperature ?? 1); // the same images' metrics with it
        classifier.SaveAsOnnx("calibrated.onnx", new OnnxExportOptions { Temperature = temperature });
        #endregion

        #region docs/evaluation.md
        var robustness = mlContext.MulticlassClassification.EvaluateImageRobustness(classifier, photos, new RobustnessOptions
        {
            Distortions = new Dictionary<ImageDistortionKind, IReadOnlyList<double>>
            {
                [ImageDistortionKind.Rotation] = [60, 120, 180, 240, 300], // degrees, as in figure 5 of the Conformer's paper
                [ImageDistortionKind.JpegQuality] = [80, 50, 20],
            },
            ImageSizes = [112, 160, 192, 288], // the same network with smaller and larger images
        });
        robustness.SaveHtml("robustness.html");
        robustness.SaveSvg("rotation.svg", "Rotation");
        #endregion

        #region docs/evaluation.md
        var explanation = explainer.Explain("photo.jpg");
        explanation.SaveOverlay("cam.png", ImageMapKind.ClassActivation);
        var rival = explanation.For("tulips"); // another class of the same photo; the network does not run again
        var map = rival.Map(ImageMapKind.Coupled).Resize(224, 224).Normalize(); // numbers, to go on with
        ExplanationSheet.Save("sheet.png", [explanation, rival], includeStages: true);
        #endregion

        #region docs/evaluation.md
        var boxes = ImageBoxes.ReadCsv("boxes.csv"); // path,left,top,width,height in pixels; or ImageBoxes.ReadCub("CUB_200_2011", forTraining: false)
        var localization = mlContext.MulticlassClassification.EvaluateImageLocalization(classifier, photos, boxes);
        Console.WriteLine(localization.Summary); // for each map GT-known, top-1 and top-5 localization, and the pointing game
        #endregion
        _ = (accuracy, interval, after, map);
    }
}
