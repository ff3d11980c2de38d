using System.Text.Json;
using System.Text.Json.Serialization;

namespace Conformer.Cli.Runs;

/// <summary>How a run stands.</summary>
internal enum RunState
{
    Running,

    /// <summary>Its model and report are there.</summary>
    Finished,

    /// <summary>By Ctrl+C, a kill or a power cut.</summary>
    Interrupted,

    Failed,
}

/// <summary>What is known about a run: the file run.json, by which runs are listed and compared.</summary>
internal sealed record RunRecord
{
    private const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public required RunState State { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Started { get; init; }

    /// <summary>UTC; null while it runs.</summary>
    public DateTime? Ended { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>Folder or manifest; null for drawn images.</summary>
    public string? Data { get; init; }

    public required int Classes { get; init; }

    public required int TrainingImages { get; init; }

    public required int ValidationImages { get; init; }

    /// <summary>Null where none are held out, as of detectors.</summary>
    public int? TestImages { get; init; }

    /// <summary>Such as "Conformer Tiny".</summary>
    public required string Network { get; init; }

    /// <summary>Of a classifier: side of the square input in pixels.</summary>
    public int? ImageSize { get; init; }

    /// <summary>Of a detector: the most pixels of the input's longer and shorter side.</summary>
    public int? LongestSide { get; init; }

    /// <inheritdoc cref="LongestSide"/>
    public int? ShortestSide { get; init; }

    /// <summary>Of a classifier.</summary>
    public string? Recipe { get; init; }

    public required int Epochs { get; init; }

    public string? Device { get; init; }

    /// <summary>The processes that trained together; null where one did alone.</summary>
    public int? Ranks { get; init; }

    public int? BestEpoch { get; init; }

    public double? TrainMillisecondsPerImage { get; init; }

    public double? ScoreMillisecondsPerImage { get; init; }

    /// <summary>The images that the figures below are of: "validation" or "test".</summary>
    public string? EvaluatedOn { get; init; }

    public double? Accuracy { get; init; }

    /// <summary>95 % interval of the accuracy.</summary>
    public MetricInterval? AccuracyInterval { get; init; }

    /// <summary>Over the classes that the images are of.</summary>
    public double? MacroF1 { get; init; }

    public double? LogLoss { get; init; }

    public double? CalibrationError { get; init; }

    /// <summary>Of a detector: COCO's, of boxes.</summary>
    public double? AveragePrecision { get; init; }

    /// <summary>Of a detector with masks: COCO's, of masks.</summary>
    public double? MaskAveragePrecision { get; init; }

    /// <summary>Whether it is a detector's run.</summary>
    [JsonIgnore]
    public bool IsOfDetector => LongestSide is not null;

    /// <summary>What it is a run of, as it is called.</summary>
    [JsonIgnore]
    public string Command => IsOfDetector ? "detect train" : "train";

    /// <summary>By which runs of one kind are ordered, the higher the better; null where nothing is known yet.</summary>
    [JsonIgnore]
    public double? Score => Accuracy ?? AveragePrecision;

    /// <summary>A run's record.</summary>
    /// <exception cref="InvalidDataException">It has none, or it cannot be read.</exception>
    public static RunRecord Read(RunFolder run)
    {
        var record = ReadAsWritten(run);
        return record.State == RunState.Running && !RunLock.IsHeld(run) ? record with { State = RunState.Interrupted } : record;
    }

    /// <summary>The record as the file has it: of a killed run it says that it runs. The run's lock is not touched.</summary>
    /// <exception cref="InvalidDataException">It has none, or it cannot be read.</exception>
    public static RunRecord ReadAsWritten(RunFolder run)
    {
        var path = run.File(RunFolder.RecordName);
        if (!File.Exists(path))
            throw new InvalidDataException($"'{VisibleText.OfPath(run.Path)}' holds no run: there is no {RunFolder.RecordName} in it.");
        try
        {
            return JsonSerializer.Deserialize<RunRecord>(PlainFile.ReadAll(path, MaxBytes), _json)
                ?? throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is empty.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is no run's record: {VisibleText.Reason(exception)}");
        }
    }

    public void Save(RunFolder run) => AtomicFile.Write(
        run.File(RunFolder.RecordName), stream => JsonSerializer.Serialize(stream, this, _json));

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, _json);

    /// <exception cref="ArgumentException">The run runs, or has ended.</exception>
    public void ThrowIfItCannotGoOn(string option)
    {
        if (State is RunState.Running or RunState.Finished)
            throw new ArgumentException($"{option}: the run is {(State == RunState.Running ? "under way" : "finished")}. Train another one.");
    }
}
