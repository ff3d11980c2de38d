using System.Globalization;
using System.Text;

namespace Microsoft.ML.Conformer.Training.Records;

/// <summary>A CSV file with a line for each epoch.</summary>
internal sealed class HistoryFile(string path) : ITrainingRecord
{
    private const string Header =
        "epoch,step,loss,learning_rate,images_per_second,elapsed_seconds,validation_accuracy,validation_loss,is_best," +
        "validation_macro_accuracy\n";

    private const int MaxBytes = 64 << 20;

    private readonly FileStream _file = Open(path);
    private bool _begun;

    public void Add(TrainingProgress progress, TrainingDetails details)
    {
        if (!_begun)
            KeepEpochsBefore(progress.Epoch);
        _begun = true;
        if (progress.EpochEnded)
            Write(string.Create(CultureInfo.InvariantCulture, $"{progress.Epoch},{details.Step},{progress.Loss},{progress.LearningRate},") +
                string.Create(CultureInfo.InvariantCulture, $"{progress.ImagesPerSecond},{progress.Elapsed.TotalSeconds},") +
                string.Create(CultureInfo.InvariantCulture, $"{progress.ValidationAccuracy},{progress.ValidationLoss},") +
                string.Create(CultureInfo.InvariantCulture, $"{(progress.IsBest ? "true" : "false")},") +
                string.Create(CultureInfo.InvariantCulture, $"{progress.ValidationMacroAccuracy}\n"));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Cuts off the lines of a run that went further than the checkpoint that this one goes on from, or of another run.</summary>
    private void KeepEpochsBefore(int epoch)
    {
        var text = Encoding.ASCII.GetString(PlainFile.ReadAll(_file, MaxBytes));
        var kept = 0;
        if (text.StartsWith(Header, StringComparison.Ordinal))
            for (kept = Header.Length; text.IndexOf('\n', kept) is var end and >= 0 && EpochOf(text[kept..end]) < epoch;)
                kept = end + 1;
        _file.SetLength(kept);
        _file.Seek(0, SeekOrigin.End);
        if (kept == 0)
            Write(Header);
    }

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
