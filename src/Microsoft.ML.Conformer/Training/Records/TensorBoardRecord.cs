using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Records;

/// <summary>Event files for TensorBoard.</summary>
internal sealed class TensorBoardRecord : ITrainingRecord
{
    private readonly TrainingRecordOptions _options;
    private readonly ImagePreprocessing _preprocessing;
    private readonly ConfusionMatrix? _confusion;
    private readonly SummaryWriter _writer;
    private readonly GpuMeter? _gpu;
    private IReadOnlyList<string> _earlierFiles;
    private long _lastStep = -1;

    /// <param name="folder">Where, made where it is absent.</param>
    /// <param name="options">What.</param>
    /// <param name="preprocessing">What normalized the training images.</param>
    /// <param name="confusion">Draws the predictions of a validation; null where a task has none.</param>
    /// <param name="device">Where the network is trained.</param>
    public TensorBoardRecord(
        string folder, TrainingRecordOptions options, ImagePreprocessing preprocessing, ConfusionMatrix? confusion, Device device)
    {
        (_options, _preprocessing, _confusion) = (options, preprocessing, confusion);
        Directory.CreateDirectory(folder);
        _earlierFiles = Directory.GetFiles(folder, "events.out.tfevents.*");
        _writer = utils.tensorboard.SummaryWriter(folder);
        if (confusion is not null)
        {
            var names = confusion.Classes.Select(name => $"1. {VisibleText.Of(name)}");
            _writer.add_text("validation/confusion rows and columns", string.Join('\n', names), 0);
        }
        _gpu = device.type == DeviceType.CUDA ? GpuMeter.Open(device.index) : null;
    }

    public void Add(TrainingProgress progress, TrainingDetails details)
    {
        if (details.Step <= 1) // a new run
            foreach (var file in _earlierFiles)
                File.Delete(file);
        _earlierFiles = [];

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var step = (int)Math.Min(details.Step, int.MaxValue); // the writer has no more room for it
        if (details.Step != _lastStep)
            AddTraining(progress, step);
        _lastStep = details.Step;
        if (details.FirstBatch is { } batch && _options.AugmentedImages > 0)
            AddImages(batch.ToTensors(CPU).Images, step);
        if (progress.EpochEnded)
            AddEpoch(details, step);
    }

    public void Dispose() => _gpu?.Dispose();

    private void AddTraining(TrainingProgress progress, int step)
    {
        _writer.add_scalar("train/loss", (float)progress.Loss, step);
        _writer.add_scalar("train/learning_rate", (float)progress.LearningRate, step);
        _writer.add_scalar("train/images_per_second", (float)progress.ImagesPerSecond, step);
        if (_gpu?.UsedBytes() is { } bytes)
            _writer.add_scalar("gpu/memory_bytes", bytes, step);
        if (_gpu?.UtilizationPercent() is { } percent)
            _writer.add_scalar("gpu/utilization", percent, step);
    }

    private void AddEpoch(TrainingDetails details, int step)
    {
        if (details.Validation is { } validation)
            foreach (var (name, value) in validation.Figures)
                _writer.add_scalar($"validation/{name}", (float)value, step);
        if (_confusion?.Draw(details.Validation?.Predictions ?? []) is { } image)
            _writer.add_img("validation/confusion", tensor(image.Rgb, image.Side, image.Side, 3), step, dataformats: "HWC");
        if (_options.WeightHistograms)
            foreach (var (name, weights) in details.Network.named_parameters())
                AddHistogram($"weights/{name}", weights, step);
    }

    private void AddHistogram(string tag, Tensor weights, int step)
    {
        using var scope = NewDisposeScope();
        if (weights.isfinite().all().ToBoolean()) // the writer throws where none is
            _writer.add_histogram(tag, weights.detach(), step);
    }

    private void AddImages(Tensor images, int step)
    {
        if (images.dim() < 4) // features in the images' place
            return;
        var shown = images.narrow(0, 0, Math.Min(images.shape[0], _options.AugmentedImages)).permute(0, 2, 3, 1).contiguous();
        var rgb = new byte[shown.numel()];
        _preprocessing.Denormalize(shown.data<float>().ToArray(), rgb);
        _writer.add_img("train/augmented images", tensor(rgb, shown.shape), step, dataformats: "NHWC"); // 8 in a row
    }
}
