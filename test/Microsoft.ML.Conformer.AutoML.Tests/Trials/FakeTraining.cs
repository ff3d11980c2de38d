using Microsoft.ML.Conformer.AutoML.Trials;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.AutoML.Tests;

/// <summary>
/// An estimator that trains nothing: it reports a validation curve as the trainer does, then gives scores of a wanted accuracy. So the
/// trial runner can be tested in milliseconds.
/// </summary>
internal sealed class FakeTraining(MLContext context, FakeTraining.Settings settings) : IEstimator<ITransformer>
{
    // Made at once, as the trainer copies its options when it is made.
    private readonly ConformerTrainer.Options _options = Attached(context, settings);

    public ITransformer Fit(IDataView input)
    {
        settings.Started?.Invoke();
        if (settings.Failure is { } failure)
            throw failure;
        for (var epoch = 1; epoch <= settings.Epochs; epoch++)
        {
            if (settings.ReturnsBest && epoch > 1 && _options.CancellationToken.IsCancellationRequested)
                break;
            if (!settings.IgnoresCancellation)
                _options.CancellationToken.ThrowIfCancellationRequested();
            Thread.Sleep(settings.EpochTime);
            _options.Progress!.Report(new TrainingProgress
            {
                Epoch = epoch,
                Epochs = settings.Epochs,
                Step = 1,
                Steps = 1,
                Loss = 1,
                LearningRate = 1e-3,
                ImagesPerSecond = 1,
                Elapsed = TimeSpan.Zero,
                Remaining = TimeSpan.Zero,
                EpochEnded = true,
                ValidationAccuracy = settings.Accuracy * epoch / settings.Epochs,
                ValidationLoss = 1,
            });
        }
        var right = (int)Math.Round(settings.Accuracy * FakeRows.Count);
        return Scoring(context, right).Fit(input);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => Scoring(context, 0).GetOutputSchema(inputSchema);

    private static ConformerTrainer.Options Attached(MLContext context, Settings settings)
    {
        var options = new ConformerTrainer.Options
        {
            OnCancel = settings.ReturnsBest ? EarlyEnd.ReturnBest : EarlyEnd.Throw,
            CancellationToken = settings.End,
        };
        TrialWatch.Of(context)!.Attach(options);
        return options;
    }

    private static IEstimator<ITransformer> Scoring(MLContext context, int right) =>
        context.Transforms.CustomMapping<FakeRow, FakeScore>(
            (row, score) =>
            {
                var isRight = row.Index < right;
                score.Score = isRight == (row.Class == 1) ? [0, 1] : [1, 0];
                score.PredictedLabel = 1;
            },
            contractName: null);

    /// <summary>What to do in place of training.</summary>
    internal sealed record Settings
    {
        public int Epochs { get; init; } = 9;

        public TimeSpan EpochTime { get; init; }

        public double Accuracy { get; init; } = 0.5;

        public Exception? Failure { get; init; }

        public bool IgnoresCancellation { get; init; }

        /// <summary>Whether it ends with what it has when it is canceled, after an epoch at least.</summary>
        public bool ReturnsBest { get; init; }

        /// <summary>The token of the trainer's options.</summary>
        public CancellationToken End { get; init; }

        public Action? Started { get; init; }
    }
}

/// <summary>A row to classify.</summary>
internal sealed class FakeRow
{
    public int Index { get; set; }

    public int Class { get; set; }

    [KeyType(2)]
    public uint Label { get; set; }
}

/// <summary>Its scores.</summary>
internal sealed class FakeScore
{
    [VectorType(2)]
    public float[] Score { get; set; } = [];

    [KeyType(2)]
    public uint PredictedLabel { get; set; }
}

/// <summary>Rows of two classes.</summary>
internal static class FakeRows
{
    public const int Count = 100;

    public static IDataView Load(MLContext mlContext) => mlContext.Data.LoadFromEnumerable(
        Enumerable.Range(0, Count).Select(index => new FakeRow { Index = index, Class = index % 2, Label = (uint)(index % 2) }).ToList());
}
