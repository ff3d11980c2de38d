using System.Globalization;
using System.Text;

namespace Microsoft.ML.Conformer.Training.Records;

/// <summary>A CSV file with a line for each epoch.</summary>
/// <param name="path">The file.</param>
/// <param name="figures">The names of a validation's figures.</param>
internal sealed class HistoryFile(string path, IReadOnlyList<string> figures) : ITrainingRecord
{
    private const int MaxBytes = 64 << 20;

    /// <summary>The figures before the column that says which epoch is the best; what was added later must not move it.</summary>
    private const int FiguresBeforeBest = 2;

    private readonly FileStream _file = Open(path);
    private readonly string _header = "epoch,step,loss,learning_rate,images_per_second,elapsed_seconds," +
        Columns("is_best", figures.Select(name => $"validation_{name}")) + "\n";

    private bool _begun;

    public void Add(TrainingProgress progress, TrainingDetails details)
    {
        if (!_begun)
            KeepEpochsBefore(progress.Epoch);
        _begun = true;
        if (progress.EpochEnded)
            Write(string.Create(CultureInfo.InvariantCulture, $"{progress.Epoch},{details.Step},{progress.Loss},{progress.LearningRate},") +
                string.Create(CultureInfo.InvariantCulture, $"{progress.ImagesPerSecond},{progress.Elapsed.TotalSeconds},") +
                Columns(progress.IsBest ? "true" : "false", figures.Select(name => Text(details.Validation?[name]))) + "\n");

        static string Text(double? figure) => figure?.ToString(CultureInfo.InvariantCulture) ?? "";
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Cuts off the lines of a run that went further than the checkpoint that this one goes on from, or of another run.</summary>
    private void KeepEpochsBefore(int epoch)
    {
        var text = Encoding.ASCII.GetString(PlainFile.ReadAll(_file, MaxBytes));
        var kept = 0;
        if (text.StartsWith(_header, StringComparison.Ordinal))
            for (kept = _header.Length; text.IndexOf('\n', kept) is var end and >= 0 && EpochOf(text[kept..end]) < epoch;)
                kept = end + 1;
        _file.SetLength(kept);
        _file.Seek(0, SeekOrigin.End);
        if (kept == 0)
            Write(_header);
    }

    private static string Columns(string isBest, IEnumerable<string> figures) =>
        string.Join(',', [.. figures.Take(FiguresBeforeBest), isBest, .. figures.Skip(FiguresBeforeBest)]);

    private static FileStream Open(string path)
    {
        PlainFile.ThrowIfOther(path);
        return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
    }

    private static int EpochOf(string line) =>
        int.TryParse(line.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch : int.MaxValue;

    private void Write(string line)
    {
        _file.Write(Encoding.ASCII.GetBytes(line));
        _file.Flush();
    }
}
