using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>
/// The trials of an experiment that have ended, in a file: one JSON object a line, the first of which describes the experiment. A line is
/// on the disk before its trial counts, so that an experiment which was killed goes on from the trials that had ended.
/// </summary>
public sealed class TrialJournal : IDisposable
{
    /// <summary>Some hundred thousand trials, of which the longest take some hundred KB: a point of a curve for each epoch.</summary>
    private const int MaxBytes = 256 << 20, MaxLineBytes = 4 << 20;

    /// <summary>How records are written.</summary>
    internal static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // it is a file of its own, never part of a page
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
    };

    private readonly FileStream? _file;
    private readonly List<TrialRecord> _records;
    private readonly HashSet<int> _ids;
    private readonly Dictionary<string, Queue<TrialRecord>> _earlier;

    private TrialJournal(FileStream? file, List<TrialRecord> records)
    {
        (_file, _records, _ids) = (file, records, [.. records.Select(record => record.Id)]);
        _earlier = records.GroupBy(record => record.Parameter.ToString()!)
            .ToDictionary(same => same.Key, same => new Queue<TrialRecord>(same));
    }

    /// <summary>The trials, in the order in which they ended, those of earlier runs first.</summary>
    public IReadOnlyList<TrialRecord> Records => _records;

    /// <summary>The finished trial with the least loss, the earliest of several; null where none has finished.</summary>
    public TrialRecord? Best =>
        _records.Where(record => record.Outcome == TrialOutcome.Finished && !double.IsNaN(record.Loss!.Value)).MinBy(record => record.Loss);

    /// <summary>Opens a journal, or begins one where there is none. A last line that was not written to its end is dropped.</summary>
    /// <param name="path">The file; its folder is made where absent.</param>
    /// <param name="experiment">What makes trials comparable: data, seed, metric, search space and so on.</param>
    /// <exception cref="InvalidOperationException">The journal is of another experiment; the message lists the differences.</exception>
    /// <exception cref="InvalidDataException">The file is no journal, and stays as it is; the message names the line.</exception>
    /// <exception cref="IOException">The file cannot be written, or another process is writing it.</exception>
    public static TrialJournal Open(string path, IReadOnlyDictionary<string, string> experiment)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(experiment);
        if (PlainFile.OtherKind(path) is { } kind)
            throw new InvalidDataException($"'{VisibleText.OfPath(path)}' is {kind}, not a journal; name a file.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            var lines = ReadLines(file, out var end);
            if (lines.Count > 0)
                CheckSame(path, Parse<Dictionary<string, string>>(path, lines[0], 1), experiment);
            List<TrialRecord> records = [.. lines.Skip(1).Select((line, index) => ParseRecord(path, line, index + 2))];
            file.SetLength(end);
            file.Position = end;
            if (lines.Count == 0)
                Write(file, experiment);
            return new TrialJournal(file, records);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file?.Dispose();

    /// <summary>The journal of several ranks: rank 0 opens the file, and the others have a copy of what is in it.</summary>
    internal static TrialJournal Open(string path, IReadOnlyDictionary<string, string> experiment, ICollective all)
    {
        var journal = all.Rank == 0 ? Open(path, experiment) : null;
        var records = all.OfRankZero(journal is null ? null : JsonSerializer.Serialize(journal._records, Json), "the journal");
        return journal ?? new TrialJournal(null, JsonSerializer.Deserialize<List<TrialRecord>>(records!, Json)!);
    }

    /// <summary>The trial of an earlier run with these parameters, each one once; null where there is none.</summary>
    internal TrialRecord? Recall(Parameter parameter) =>
        _earlier.TryGetValue(parameter.ToString()!, out var same) && same.TryDequeue(out var record) ? record : null;

    /// <summary>The wanted number for a new trial, or another where an earlier run has used it: its tuner proposed other trials.</summary>
    internal int FreeId(int wanted)
    {
        var id = _ids.Contains(wanted) ? _ids.Max() + 1 : wanted;
        _ids.Add(id);
        return id;
    }

    /// <summary>Adds a trial.</summary>
    internal void Append(TrialRecord record)
    {
        if (_file is not null)
            Write(_file, record);
        _records.Add(record);
    }

    /// <param name="file">Is read from its beginning.</param>
    /// <param name="end">Where the last whole line ends.</param>
    private static List<string> ReadLines(FileStream file, out int end)
    {
        var bytes = PlainFile.ReadAll(file, MaxBytes);
        if (bytes is [not (byte)'{', ..])
            throw NotAJournals(file.Name, 1, "it does not begin with '{'.");
        var lines = new List<string>();
        end = 0;
        while (Array.IndexOf(bytes, (byte)'\n', end) is var next and >= 0)
        {
            if (next - end > MaxLineBytes)
                throw NotAJournals(file.Name, lines.Count + 1, $"it has {next - end} bytes; expected at most {MaxLineBytes}.");
            if (next > end)
                lines.Add(Encoding.UTF8.GetString(bytes, end, next - end));
            end = next + 1;
        }
        return lines;
    }

    private static void Write<T>(FileStream file, T value)
    {
        file.Write([.. JsonSerializer.SerializeToUtf8Bytes(value, Json), (byte)'\n']);
        file.Flush(flushToDisk: true);
    }

    private static TrialRecord ParseRecord(string path, string line, int number)
    {
        var record = Parse<TrialRecord>(path, line, number);
        return record.Fault() is not { } fault ? record
            : throw NotAJournals(path, number, fault);
    }

    private static T Parse<T>(string path, string line, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, Json) ?? throw new JsonException("It is null.");
        }
        catch (Exception exception) // ArgumentException and others are AutoML's, for what is no Parameter
            when (exception is JsonException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw NotAJournals(path, number, VisibleText.Reason(exception));
        }
    }

    private static InvalidDataException NotAJournals(string path, int line, string fault) =>
        new($"'{VisibleText.OfPath(path)}', line {line}, is not a journal's: {fault}");

    private static void CheckSame(string path, Dictionary<string, string> before, IReadOnlyDictionary<string, string> now)
    {
        var differences = before.Keys.Union(now.Keys)
            .Where(key => before.GetValueOrDefault(key) != now.GetValueOrDefault(key))
            .Select(key => $"{VisibleText.Of(key)} was {Value(before, key)} and is {Value(now, key)}")
            .ToList();
        if (differences.Count > 0)
            throw new InvalidOperationException(
                $"'{VisibleText.OfPath(path)}' is of another experiment: {string.Join("; ", differences)}. Choose another folder, or " +
                "delete that file to start over.");

        static string Value(IReadOnlyDictionary<string, string> of, string key) =>
            of.GetValueOrDefault(key) is { } value ? VisibleText.Of(value) : "absent";
    }
}
