using System.Text.Json;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// What a recipe reaches: trains a network on a folder of photos once for each seed, and prints a line of JSON for each, then one with the
/// mean and range over the seeds. Accuracies are percentages of the validation images, the mean of the last five epochs.
/// </summary>
internal static class Accuracy
{
    /// <summary>
    /// Options, each with a value: --data, and --network Conformer, which is its Tiny, or a variant of ConTNet; --size 64, --batch 32,
    /// --seeds 0,1,2, --per-class (all), --recipe, which is a file or the JSON itself; --precision Auto; --teacher resnet18, which is an
    /// image featurizer of ML.NET's with a linear classifier.
    /// </summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var context = new MLContext(0);
        var photos = new Photos(context, given.Text("--data"), given.Number("--per-class", int.MaxValue));
        using var teacher = given.Text("--teacher", "none") == "none" ? null : new ResNetTeacher(context, photos);
        Report(given.Seeds, Options, options => Train(context, photos, options));
        return 0;

        ImageClassificationTrainerOptions Options(int seed)
        {
            var options = given.Options(photos, seed);
            options.Distillation.Teacher = teacher?.Model;
            return options;
        }
    }

    public static TrainingSummary Train(MLContext context, Photos photos, ImageClassificationTrainerOptions options)
    {
        var trainers = context.MulticlassClassification.Trainers;
        ImageClassificationTrainer trainer = options is ConTNetTrainer.Options conTNet
            ? trainers.ConTNet(conTNet)
            : trainers.Conformer((ConformerTrainer.Options)options);
        using var model = trainer.Fit(photos.Training);
        return model.Summary!;
    }

    public static void Report(
        IEnumerable<int> seeds, Func<int, ImageClassificationTrainerOptions> options,
        Func<ImageClassificationTrainerOptions, TrainingSummary> train)
    {
        var means = new List<double>();
        foreach (var seed in seeds)
        {
            var started = DateTime.UtcNow;
            var summary = train(options(seed));
            means.Add(100 * summary.ValidationAccuracies.TakeLast(5).Average());
            Print(new
            {
                seed,
                last_five = Math.Round(means[^1], 1),
                best = Math.Round(100 * summary.ValidationAccuracies.Max(), 1),
                seconds = Math.Round((DateTime.UtcNow - started).TotalSeconds),
            });
        }
        Print(new { mean = Math.Round(means.Average(), 1), lowest = Math.Round(means.Min(), 1), highest = Math.Round(means.Max(), 1) });
    }

    private static void Print(object line) => Console.WriteLine(JsonSerializer.Serialize(line));
}
