using TorchSharp;

namespace Microsoft.ML.Conformer.Training.Records;

/// <summary>The records that a run's options ask for.</summary>
internal static class TrainingRecords
{
    /// <summary>Makes and tests their folder, before any work.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static void EnsureFolder(TrainingRecordOptions options)
    {
        if (options.Folder is { } folder)
            OutputFolder.EnsureWritable(folder, "records (Records.Folder)", "Name another one.");
    }

    /// <summary>
    /// Opens them, which shows whether their folder can be written to; what an earlier run left stays until the first report.
    /// </summary>
    /// <param name="options">Which.</param>
    /// <param name="figures">The names of a validation's figures.</param>
    /// <param name="preprocessing">What normalized the training images.</param>
    /// <param name="confusion">Draws the predictions of a validation; null where a task has none.</param>
    /// <param name="device">Where the network is trained.</param>
    /// <param name="warn">Told of a record that can no longer be written.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static IReadOnlyList<ITrainingRecord> Open(TrainingRecordOptions options, IReadOnlyList<string> figures,
        ImagePreprocessing preprocessing, ConfusionMatrix? confusion, torch.Device device, Action<string> warn)
    {
        if (options.Folder is null)
            return [];
        var folder = Path.GetFullPath(options.Folder);
        var records = new List<ITrainingRecord>();
        try
        {
            Directory.CreateDirectory(folder);
            records.Add(new WhileItCanBeWritten(new HistoryFile(Path.Combine(folder, "history.csv"), figures), folder, warn));
            if (options.TensorBoard)
                records.Add(new WhileItCanBeWritten(
                    new TensorBoardRecord(Path.Combine(folder, "tensorboard"), options, preprocessing, confusion, device),
                    folder, warn));
            return records;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            foreach (var record in records)
                record.Dispose();
            throw new IOException(
                $"The folder for records '{VisibleText.OfPath(folder)}' (Records.Folder) cannot be used: {VisibleText.Reason(exception)} " +
                "Another run may be using it, or it may be read-only; name another one.", exception);
        }
    }

    /// <summary>A full disk ends the record, not hours of training.</summary>
    private sealed class WhileItCanBeWritten(ITrainingRecord record, string folder, Action<string> warn) : ITrainingRecord
    {
        private bool _failed;

        public void Add(TrainingProgress progress, TrainingDetails details)
        {
            if (_failed)
                return;
            try
            {
                record.Add(progress, details);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _failed = true;
                warn($"A record in '{VisibleText.OfPath(folder)}' cannot be written and ends here; training goes on. " +
                    $"{VisibleText.Reason(exception)}");
            }
        }

        public void Dispose() => record.Dispose();
    }
}
