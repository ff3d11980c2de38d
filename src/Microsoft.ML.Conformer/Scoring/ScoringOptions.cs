namespace Microsoft.ML.Conformer;

/// <summary>How a loaded model scores. Copied when the model is loaded: a later change has no effect.</summary>
public sealed class ScoringOptions
{
    private const int BatchSizeLimit = 1024;

    /// <summary>Name of the image column (MLImage of any size). Default "Image".</summary>
    public string ImageColumnName { get; set; } = "Image";

    /// <summary>Name of the output column with the class probabilities. Default "Score".</summary>
    public string ScoreColumnName { get; set; } = "Score";

    /// <summary>Name of the output column with the most probable class. Default "PredictedLabel".</summary>
    public string PredictedLabelColumnName { get; set; } = "PredictedLabel";

    /// <summary>What to compute on. Default <see cref="ExecutionProvider.Cpu"/>.</summary>
    /// <remarks>One that is absent is an error when the model is loaded; no other takes its place.</remarks>
    public ExecutionProvider ExecutionProvider { get; set; } = ExecutionProvider.Cpu;

    /// <summary>Which GPU, from 0. Default 0; the CPU ignores it.</summary>
    public int DeviceId { get; set; }

    /// <summary>CPU threads that compute one batch, at least 1; null (default): ONNX Runtime's choice, one for each core.</summary>
    public int? IntraOpThreads { get; set; }

    /// <summary>Images that Transform scores at once, 1-1024. Default 16; a PredictionEngine scores one at a time.</summary>
    /// <remarks>Beyond 16 a CPU gains nothing, and a reader that stops early has paid for a batch at most.</remarks>
    public int MaxBatchSize { get; set; } = 16;

    /// <summary>Whether loading scores a blank image, so that the first real one is not slower than the next. Default false.</summary>
    public bool WarmUp { get; set; }

    /// <summary>What to do about a row whose image is missing or unusable. Default <see cref="BadRowPolicy.Throw"/>.</summary>
    public BadRowPolicy BadRowPolicy { get; set; } = BadRowPolicy.Throw;

    /// <summary>Whether a score is the mean of the image's and of its mirror image's. Default false; true takes twice the time.</summary>
    public bool HorizontalFlip { get; set; }

    internal ScoringOptions Copy() => (ScoringOptions)MemberwiseClone();

    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    internal void Check()
    {
        var faults = Faults().ToList();
        if (faults.Count > 0)
            throw new ArgumentException("These options cannot be used: " + string.Join(" ", faults), "options");
    }

    private IEnumerable<string> Faults()
    {
        List<(string Option, string Name)> columns =
        [
            (nameof(ImageColumnName), ImageColumnName), (nameof(ScoreColumnName), ScoreColumnName),
            (nameof(PredictedLabelColumnName), PredictedLabelColumnName),
        ];
        foreach (var (option, name) in columns)
            if (string.IsNullOrWhiteSpace(name))
                yield return $"{option} is empty; it must name a column.";
        foreach (var same in columns.Where(c => !string.IsNullOrWhiteSpace(c.Name)).GroupBy(c => c.Name).Where(g => g.Count() > 1))
            yield return $"{string.Join(" and ", same.Select(c => c.Option))} are all '{same.Key}'; they must differ.";
        if (!Enum.IsDefined(ExecutionProvider))
            yield return NotDefined(nameof(ExecutionProvider), ExecutionProvider);
        if (DeviceId < 0)
            yield return $"{nameof(DeviceId)} is {DeviceId}; it must be at least 0.";
        if (IntraOpThreads < 1)
            yield return $"{nameof(IntraOpThreads)} is {IntraOpThreads}; it must be at least 1, or null.";
        if (MaxBatchSize is < 1 or > BatchSizeLimit)
            yield return $"{nameof(MaxBatchSize)} is {MaxBatchSize}; it must be 1-{BatchSizeLimit}.";
        if (!Enum.IsDefined(BadRowPolicy))
            yield return NotDefined(nameof(BadRowPolicy), BadRowPolicy);
    }

    private static string NotDefined<TEnum>(string option, TEnum value) where TEnum : struct, Enum =>
        $"{option} is {value}; it must be one of {string.Join(", ", Enum.GetNames<TEnum>())}.";
}
