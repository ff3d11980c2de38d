using System.Text.Json;

namespace Microsoft.ML.Conformer.Benchmarks.Training;

/// <summary>
/// What a network that was trained on other photos brings where few are at hand: fine-tunes it in each way that there is, beside a training
/// from random weights, as <see cref="Accuracy"/> does and prints.
/// </summary>
internal static class TransferModes
{
    private static readonly Dictionary<string, Action<TransferOptions>?> _modes = new()
    {
        ["scratch"] = null,
        ["full"] = _ => { },
        ["decayed"] = transfer => transfer.LayerDecay = 0.75,
        ["gradual"] = transfer => transfer.Freeze = Freezing.Gradual,
        ["frozen"] = transfer => transfer.Freeze = Freezing.Backbone,
        ["frozen, 8 views"] = transfer => (transfer.Freeze, transfer.CachedViews) = (Freezing.Backbone, 8),
    };

    /// <summary>
    /// Options as for <see cref="Accuracy"/>, and --weights, a safetensors file, which is made by --source-epochs 15 on the photos of
    /// --source where it is absent.
    /// </summary>
    public static int Run(string[] arguments)
    {
        var given = new Arguments(arguments);
        var context = new MLContext(0);
        var weights = given.Text("--weights");
        if (!File.Exists(weights))
            TrainOn(context, new Photos(context, given.Text("--source")), weights, given);

        var photos = new Photos(context, given.Text("--data"), given.Number("--per-class", 20));
        foreach (var (name, mode) in _modes)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { mode = name, training_images = photos.TrainingFiles }));
            Accuracy.Report(given.Seeds, Options, options => Accuracy.Train(context, photos, options));

            ImageClassificationTrainerOptions Options(int seed)
            {
                var options = given.Options(photos, seed);
                options.PretrainedWeights = mode is null ? null : weights;
                mode?.Invoke(options.Transfer);
                return options;
            }
        }
        return 0;
    }

    private static void TrainOn(MLContext context, Photos photos, string weights, Arguments given)
    {
        var options = given.Options(photos, seed: 0);
        options.Epochs = given.Number("--source-epochs", 15);
        using var model = context.MulticlassClassification.Trainers.Conformer((ConformerTrainer.Options)options).Fit(photos.Training);
        model.SaveWeights(weights);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            source_images = photos.TrainingFiles,
            source_accuracy = Math.Round(100 * model.Summary!.ValidationAccuracies.Max(), 1),
        }));
    }
}
