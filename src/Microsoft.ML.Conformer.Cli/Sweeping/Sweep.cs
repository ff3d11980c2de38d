using System.Globalization;
using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML;
using Microsoft.ML.SearchSpace;

namespace Conformer.Cli.Sweeping;

/// <summary>The main job: an AutoML experiment over a pipeline with a Conformer.</summary>
internal sealed class Sweep : IAsyncDisposable
{
    private readonly MLContext _mlContext;
    private readonly SweepSettings _settings;
    private readonly ConformerTrainer.Options _options;
    private readonly IDataView _training, _validation, _heldOut;
    private Task _lastStep = Task.CompletedTask;

    /// <summary>Opens the journal of the output folder, or begins one.</summary>
    /// <exception cref="InvalidOperationException">The folder has the journal of another sweep.</exception>
    public Sweep(MLContext mlContext, ImageSplits images, SweepSettings settings)
    {
        (_mlContext, _settings) = (mlContext, settings);
        _options = settings.Training;
        Space = SweepSpace.Swept(settings);

        // The class names become keys; the model itself needs no Label, so this is not part of it.
        var keys = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(images.Training);
        _training = keys.Transform(images.Training);
        _validation = keys.Transform(images.Validation);
        _heldOut = keys.Transform(images.Test ?? throw new ArgumentException("No images are held out.", nameof(images)));
        Journal = TrialJournal.Open(Path.Combine(settings.OutputFolder, "trials.jsonl"), Describe(images));
        Models = new BestModels(mlContext, _training.Schema, Journal, settings.OutputFolder);
    }

    /// <summary>What is swept.</summary>
    public SearchSpace<ConformerSweepOptions> Space { get; }

    /// <summary>The trials that have ended, those of an interrupted run included.</summary>
    public TrialJournal Journal { get; }

    /// <summary>The models worth keeping.</summary>
    public BestModels Models { get; }

    /// <summary>Time left of the budget; null where there is none.</summary>
    public TimeSpan? Remaining => _settings.TimeBudget - TimeSpan.FromSeconds(Journal.Records.Sum(trial => trial.Seconds));

    /// <summary>Runs trials until the time, the number of trials or the user's patience is used up.</summary>
    /// <param name="lines">Shows the trials.</param>
    /// <param name="cancellation">Ends the sweep with what it has so far.</param>
    /// <returns>The best trial; null where none has finished.</returns>
    public async Task<TrialRecord?> RunAsync(LiveLines lines, CancellationToken cancellation)
    {
        var remaining = Remaining;
        if (remaining <= TimeSpan.Zero)
            return Journal.Best;

        var board = new TrialBoard(lines);
        var loadImages = _mlContext.Transforms.LoadImagesCached("Image", imageFolder: null, inputColumnName: "ImagePath");
        _options.Validation.Data = loadImages.Fit(_validation).Transform(_validation);
        var pipeline = loadImages
            .Append(_mlContext.Auto().Conformer(_options, Space))
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("PredictedClass", "PredictedLabel"));
        var runner = new ConformerTrialRunner(_mlContext, pipeline, _training, _validation, new ConformerTrialOptions
        {
            Metric = _settings.Metric,
            Pruning = _settings.Prune ? new SuccessiveHalvingOptions() : null,
            Journal = Journal,
            BestFound = Models.Save,
            Progress = board,
        });
        var experiment = _mlContext.Auto().CreateExperiment()
            .SetSteppedPipeline(pipeline)
            .SetTuner(_settings.Tuner, _options.Seed)
            .SetTrialRunner(runner)
            .SetMonitor(board);
        if (_settings.MaxModels is { } maxModels)
            experiment.SetMaxModelToExplore(maxModels);
        if (remaining is { } time)
            experiment.SetTrainingTimeInSeconds((uint)Math.Max(1, time.TotalSeconds));
        try
        {
            await experiment.RunAsync(cancellation);
        }
        catch (TimeoutException)
        {
            // AutoML's way to say that no trial has finished; the journal tells as much.
        }
        finally
        {
            _lastStep = runner.WhenIdle;
        }
        return Journal.Best;
    }

    /// <summary>The metric of a kept model on the images that no trial has seen; null where the model was not kept.</summary>
    public double? EvaluateHeldOut(int trialId)
    {
        using var model = Models.Open(trialId);
        if (model is null)
            return null;
        var loadImages = _mlContext.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "ImagePath");
        var images = loadImages.Fit(_heldOut).Transform(_heldOut);
        return _settings.Metric.Of(_mlContext.MulticlassClassification.Evaluate(model.Transform(images)));
    }

    /// <summary>Waits for the training step that was under way when the sweep ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lastStep;
        Journal.Dispose();
    }

    /// <summary>What makes trials comparable.</summary>
    private Dictionary<string, string> Describe(ImageSplits images)
    {
        var description = new Dictionary<string, string>
        {
            ["data"] = _settings.DataFolder is { } folder ? Path.GetFullPath(folder) : "generated",
            ["images"] = $"{images.Classes.Sum(one => one.Training)}+{images.Classes.Sum(one => one.Validation)}+" +
                $"{images.Classes.Sum(one => one.Test)}",
            ["classes"] = $"{images.Classes.Count}",
            ["metric"] = _settings.Metric.Text(),
            ["tuner"] = _settings.Tuner.ToString(),
            ["pruning"] = _settings.Prune ? "on" : "off",
            ["seed"] = _options.Seed.ToString(CultureInfo.InvariantCulture),
            ["device"] = _options.Device.ToString(),
        };
        foreach (var property in typeof(ConformerSweepOptions).GetProperties())
        {
            var value = typeof(ConformerTrainer.Options).GetProperty(property.Name)?.GetValue(_options)
                ?? typeof(AugmentationRecipe).GetProperty(property.Name)?.GetValue(_options.Augmentation);
            var start = Convert.ToString(value, CultureInfo.InvariantCulture);
            description[property.Name] = Space.TryGetValue(property.Name, out var option)
                ? $"{SweepSpace.Describe(option)} from {start}"
                : $"{start}";
        }
        return description;
    }
}
