using Conformer.Cli.Generated;
using Microsoft.ML.Conformer.Benchmarks.Training;
using Microsoft.ML.Conformer.Tests.Support;

namespace Microsoft.ML.Conformer.Benchmarks.Evaluation;

/// <summary>
/// How well maps find the object: trains a small Conformer on generated images, whose shapes may be anywhere in them, chooses each map's
/// threshold on the validation images, and prints what it finds in others. Options, each with a value: --size 224, --epochs 40, --seed 0.
/// </summary>
internal static class GeneratedLocalization
{
    private const int TestImagesPerClass = 25;

    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var (size, seed, context) = (given.Number("--size", 224), given.Number("--seed", 0), new MLContext(0));
        using var folder = new TemporaryFolder();
        TextureShapeImages.Write(folder.Path, size, seed, CancellationToken.None, TestImagesPerClass, areScattered: true);
        var images = context.Data.LoadImageSplits(folder.Path);
        var keys = context.Transforms.Conversion.MapValueToKey("Label").Fit(images.Training);
        var options = new ConformerTrainer.Options
        {
            Architecture = DrawnImages.Network,
            ImageColumnName = "ImagePath",
            ImageSize = size,
            Epochs = given.Number("--epochs", 40),
            BatchSize = 32,
            LearningRate = 1e-3,
            Seed = seed,
        };
        options.Validation.Data = keys.Transform(images.Validation);
        using var model = context.MulticlassClassification.Trainers.Conformer(options).Fit(keys.Transform(images.Training));

        var boxes = ImageBoxes.ReadCsv(Path.Combine(folder.Path, "boxes.csv"));
        ImageLocalization Locate(IDataView data, double? threshold) =>
            context.MulticlassClassification.EvaluateImageLocalization(model, data, boxes, new LocalizationOptions { Threshold = threshold });
        var chosen = Locate(images.Validation, null);
        Console.WriteLine($"validation images, with the best thresholds of each: {chosen.Summary}");
        foreach (var map in chosen.Maps)
            Console.WriteLine($"test images, with the threshold of {map.Kind}: {Locate(images.Test!, map.Threshold).Maps.Single(one => one.Kind == map.Kind)}");
        return 0;
    }
}
