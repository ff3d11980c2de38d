using System.Globalization;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Checkpoints;

/// <summary>
/// The checkpoints of one run. A step's tensors are complete on the disk before the JSON that names their hash appears, and go after it,
/// so that whatever has a JSON is whole unless the disk lost it.
/// </summary>
internal sealed class CheckpointFolder : IDisposable
{
    private const string Prefix = "step-", BestName = "best.onnx", LockName = "conformer-training.lock";

    private static readonly TimeSpan _usualTime = TimeSpan.FromMinutes(10);

    private readonly CheckpointOptions _options;
    private readonly TimeProvider _clock;
    private readonly FileStream _lock;
    private readonly HashSet<long> _damaged = [];
    private long _lastSaved;

    /// <summary>Takes a folder, before any work, for as long as this lives.</summary>
    /// <param name="options">Their folder is not null.</param>
    /// <param name="clock">Measures the time between checkpoints.</param>
    /// <exception cref="IOException">The folder cannot be written to, or another run has it.</exception>
    /// <exception cref="InvalidOperationException">It has checkpoints, and the options do not say to go on from them.</exception>
    public CheckpointFolder(CheckpointOptions options, TimeProvider? clock = null)
    {
        (_options, _clock) = (options, clock ?? TimeProvider.System);
        _lastSaved = _clock.GetTimestamp();
        Path = System.IO.Path.GetFullPath(options.Folder!);
        _lock = Lock();
        try
        {
            if (!options.Resume && Steps().FirstOrDefault() is var newest and not 0)
                throw new InvalidOperationException(
                    $"The folder '{VisibleText.OfPath(Path)}' has checkpoints of an earlier run, the newest of step {newest}. Set " +
                    "Checkpoints.Resume to go on from it, or name another folder.");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>The file of the best model so far.</summary>
    public string BestPath => System.IO.Path.Combine(Path, BestName);

    /// <summary>Whether a checkpoint is to be written now.</summary>
    /// <param name="steps">Steps done since the run began.</param>
    public bool IsDue(long steps) =>
        (_options.EverySteps is { } every && steps % every == 0) ||
        ((_options.Every ?? (_options.EverySteps is null ? _usualTime : null)) is { } time && _clock.GetElapsedTime(_lastSaved) >= time);

    /// <summary>Writes a checkpoint, and removes those that are one too many.</summary>
    /// <param name="steps">Steps done since the run began.</param>
    /// <param name="run">What a run that goes on from it must share, by names that a user understands.</param>
    /// <param name="state">Where the run stands.</param>
    /// <param name="tensors">Its tensors, on any device.</param>
    public void Save<TState>(
        long steps, IReadOnlyDictionary<string, string> run, TState state, IReadOnlyDictionary<string, Tensor> tensors)
    {
        _lastSaved = _clock.GetTimestamp();
        try
        {
            var hash = HashedFile.Write(TensorsOf(steps), stream => SafetensorsWriter.Write(stream, tensors.Select(Entry)));
            AtomicFile.Write(StateOf(steps), stream => CheckpointState.Write(stream, hash, run, state));
            RemoveOthers(steps);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The checkpoint of step {steps} cannot be written to '{VisibleText.OfPath(Path)}': {VisibleText.Reason(exception)} The " +
                "ones before it are whole; training goes on.", exception);
        }
    }

    /// <summary>The newest checkpoint that is whole, or null where there is none.</summary>
    /// <param name="run">As for <see cref="Save"/>.</param>
    /// <param name="warn">Told of damaged ones.</param>
    /// <param name="faultOf">Tells what makes a state impossible, as a sentence; null where it is possible.</param>
    /// <exception cref="InvalidOperationException">It is of a run that differs; the message lists in what.</exception>
    /// <exception cref="InvalidDataException">There are checkpoints, and all are damaged.</exception>
    public Checkpoint<TState>? Load<TState>(
        IReadOnlyDictionary<string, string> run, Action<string> warn, Func<TState, string?>? faultOf = null)
    {
        var damaged = new List<string>();
        foreach (var steps in Steps())
        {
            try
            {
                var (state, hash, savedRun) = CheckpointState.Read<TState>(StateOf(steps));
                HashedFile.Verify(TensorsOf(steps), hash);
                Compare(StateOf(steps), savedRun, run);
                if (faultOf?.Invoke(state) is { } fault)
                    throw new InvalidDataException($"'{VisibleText.OfPath(StateOf(steps))}' is of no run: {fault}");
                return new Checkpoint<TState>(steps, state, CheckpointFile.Open(TensorsOf(steps)));
            }
            catch (Exception exception)
                when (exception is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
            {
                damaged.Add(VisibleText.Reason(exception));
                _damaged.Add(steps);
                warn($"The checkpoint of step {steps} is passed over: {damaged[^1]}");
            }
        }
        return damaged.Count == 0 ? null : throw new InvalidDataException(
            $"No checkpoint in '{VisibleText.OfPath(Path)}' is whole. {damaged[0]} Name another folder to begin anew.");
    }

    public void Dispose() => _lock.Dispose();

    private static void Compare(string file, IReadOnlyDictionary<string, string> saved, IReadOnlyDictionary<string, string> now)
    {
        var differences = saved.Keys.Union(now.Keys)
            .Select(key => (key, Then: saved.GetValueOrDefault(key, "nothing"), Now: now.GetValueOrDefault(key, "nothing")))
            .Where(entry => entry.Then != entry.Now)
            .Select(entry => $"{VisibleText.Of(entry.key)} was {VisibleText.Of(entry.Then)} and is {VisibleText.Of(entry.Now)}").ToList();
        if (differences.Count > 0)
            throw new InvalidOperationException(
                $"The checkpoint '{VisibleText.OfPath(file)}' is of another run: {string.Join("; ", differences)}. Restore these, or " +
                "name another folder to begin anew.");
    }

    private string TensorsOf(long steps) => System.IO.Path.Combine(Path, $"{Prefix}{steps:D8}.safetensors");

    private string StateOf(long steps) => System.IO.Path.Combine(Path, $"{Prefix}{steps:D8}.json");

    /// <summary>The steps that have a checkpoint, the newest first.</summary>
    private List<long> Steps() => [.. StepsOf("json").OrderDescending()];

    private IEnumerable<long> StepsOf(string extension) => Directory.EnumerateFiles(Path, $"{Prefix}*.{extension}")
        .Select(file => System.IO.Path.GetFileNameWithoutExtension(file)[Prefix.Length..])
        .Select(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var steps) ? steps : 0)
        .Where(steps => steps > 0);

    /// <summary>Removes all but the newest whole ones, tensors without a JSON, and what a killed run left behind.</summary>
    private void RemoveOthers(long newest)
    {
        _damaged.Remove(newest); // written anew
        var whole = Steps().Where(steps => steps <= newest && !_damaged.Contains(steps)).Take(_options.Keep).ToList();
        foreach (var steps in Steps().Except(whole))
            File.Delete(StateOf(steps));
        foreach (var steps in StepsOf("safetensors").Except(Steps()).ToList())
            File.Delete(TensorsOf(steps));
        AtomicFile.RemoveLeftovers(Path, Prefix, BestName);
    }

    private FileStream Lock()
    {
        OutputFolder.EnsureWritable(Path, "checkpoints (Checkpoints.Folder)", "Name another one.");
        try
        {
            var taken = new FileStream(
                System.IO.Path.Combine(Path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1,
                FileOptions.DeleteOnClose);
            AtomicFile.RemoveLeftovers(Path, Prefix, BestName); // no other run's, since this has the folder
            return taken;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The folder for checkpoints '{VisibleText.OfPath(Path)}' cannot be used: {VisibleText.Reason(exception)} Another run " +
                "may be using it; name another one.", exception);
        }
    }

    private static SafetensorsEntry Entry(KeyValuePair<string, Tensor> tensor) => new(
        tensor.Key, TypeOf(tensor.Value), tensor.Value.shape, stream =>
        {
            using var scope = NewDisposeScope();
            stream.Write(tensor.Value.detach().cpu().contiguous().bytes);
        });

    private static ElementType TypeOf(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => ElementType.Float32,
        ScalarType.Int64 => ElementType.Int64,
        ScalarType.Byte => ElementType.UInt8,
        var other => throw new NotSupportedException($"{other} is not written."),
    };
}

/// <summary>A checkpoint that was found whole.</summary>
internal sealed record Checkpoint<TState>(long Steps, TState State, CheckpointFile Tensors) : IDisposable
{
    public void Dispose() => Tensors.Dispose();
}
