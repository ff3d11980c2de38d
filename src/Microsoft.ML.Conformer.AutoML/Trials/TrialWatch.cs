using System.Runtime.CompilerServices;

namespace Microsoft.ML.Conformer.AutoML.Trials;

/// <summary>What a runner puts into the trainer's options while AutoML's pipeline, which passes on only the context, makes it.</summary>
internal sealed class TrialWatch(IProgress<TrainingProgress> progress, int trial)
{
    private static readonly ConditionalWeakTable<MLContext, TrialWatch> _ofContext = [];

    // Not disposed: a training step may still look at it after its trial was given up.
    private readonly CancellationTokenSource _stop = new();
    private CancellationToken _ofOptions;

    public static TrialWatch? Of(MLContext context) => _ofContext.TryGetValue(context, out var watch) ? watch : null;

    public void Watch(MLContext context) => _ofContext.AddOrUpdate(context, this);

    /// <summary>Whether training, when it is stopped, gives the best weights so far.</summary>
    public bool ReturnsBest { get; private set; }

    /// <summary>Whether the token of the trainer's options has ended it.</summary>
    public bool IsEndedByCaller => _ofOptions.IsCancellationRequested;

    public void Stop() => _stop.Cancel();

    public void Attach(ImageClassificationTrainerOptions options)
    {
        if (options.Records.Folder is { } records)
            options.Records.Folder = Path.Combine(records, FormattableString.Invariant($"trial-{trial}"));
        ReturnsBest = options.OnCancel == EarlyEnd.ReturnBest;
        options.Progress = new Both(progress, options.Progress);
        _ofOptions = options.CancellationToken;
        _ofOptions.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        options.CancellationToken = _stop.Token;
    }

    /// <summary>Not <see cref="Progress{T}"/>, which reports on other threads and in any order.</summary>
    private sealed class Both(IProgress<TrainingProgress> one, IProgress<TrainingProgress>? other) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            one.Report(value);
            other?.Report(value);
        }
    }
}
