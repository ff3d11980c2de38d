using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Conformer.Detection;

/// <summary>What one Fit has open while it trains: its log, its folders, the device and the threads.</summary>
internal sealed class FitScope : IDisposable
{
    private readonly IDisposable? _threads;

    /// <summary>Checks all that will be needed, and makes each folder that will be written to.</summary>
    /// <exception cref="InvalidOperationException">No usable GPU or execution provider though one was asked for.</exception>
    /// <exception cref="IOException">A folder that would be written to cannot be used; the message says which and why.</exception>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded; the message says why and what to do.</exception>
    public FitScope(IHostEnvironment environment, IHost host, PhotoTrainerOptions options, RankGroup ranks)
    {
        Ranks = ranks;
        Log = new TrainingLog(host.Start("Training"), isHeard: ranks.All.Rank == 0);
        try
        {
            if (Writes)
                TrainingRecords.EnsureFolder(options.Records);
            Checkpoints = options.Checkpoints.Folder is null || !Writes ? null : new CheckpointFolder(options.Checkpoints);
            ExecutionProviderSetup.EnsureUsable(environment, options.Scoring);
            var temporary = CallerEnvironment.TempFolder(environment);
            OutputFolder.EnsureWritable(temporary, "temporary files (MLContext.TempFilePath)", "Set it to another one.");
            if (options.CacheFolder is { } cache)
                OutputFolder.EnsureWritable(
                    cache, $"decoded images ({nameof(options.CacheFolder)})", "Name another one, or null for MLContext.TempFilePath.");
            CacheFolder = options.CacheFolder ?? temporary;
            _threads = TorchRuntime.UseThreads(options.Threads, ranks.Processors);
            var gpu = CallerEnvironment.Gpu(environment);
            Device = TorchDevice.Resolve(options.Device, gpu, ranks.LocalRank);
            Log.Info(TorchDevice.Announce(options.Device, gpu, Device));
            ranks.TrainOn(Device, Log.Warn);
            var precision = PrecisionChoice.Of(options.Precision, Device, options.TrainedBackbone);
            Log.Info($"Computing with {precision}.");
            Precision = precision.Precision;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public RankGroup Ranks { get; }

    public TrainingLog Log { get; }

    /// <summary>Whether this rank is the one that writes.</summary>
    public bool Writes => Ranks.All.Rank == 0;

    public CheckpointFolder? Checkpoints { get; }

    /// <summary>Where images go that memory does not hold.</summary>
    public string CacheFolder { get; }

    public torch.Device Device { get; }

    /// <summary>The numbers to train with, not Auto.</summary>
    public TrainingPrecision Precision { get; }

    public void Dispose()
    {
        _threads?.Dispose();
        Checkpoints?.Dispose();
        Log.Dispose();
    }
}
