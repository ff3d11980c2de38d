using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>Trains a network with a rising learning rate, to see which one suits it.</summary>
internal static class LearningRateFinder
{
    /// <summary>The network is left on the device, with weights that are good for nothing.</summary>
    public static LearningRateCurve Run(ITrainingTask task, StepSettings settings, Device device, IBatchSource training,
        IBatchAugmentation? augmentation, LearningRateFinderOptions options, Action<string> warn, CancellationToken cancellation)
    {
        using var memory = NativeHeap.KeepFreed();
        task.Network.Module.to(device);
        using var step = new TrainingStep(task, settings);
        step.BeginEpoch(0);
        step.Halved += size => warn(TorchMemory.Halved(size));
        var all = settings.Collective;
        using var batches = Enumerable.Range(0, int.MaxValue)
            .SelectMany(epoch => training.ReadEpoch(epoch, 0, all.Own(cancellation)).Select((batch, number) => (batch, epoch, number)))
            .GetEnumerator();
        try
        {
            return LearningRateTest.Run(options, Step);
        }
        catch (Exception e) when (TorchMemory.IsExhausted(e))
        {
            throw TorchMemory.BatchDoesNotFit(training.ImageSizes, settings.MemoryRemedy, e);
        }

        double Step(double learningRate)
        {
            all.ThrowIfAnyIsCanceled(cancellation.IsCancellationRequested, cancellation, "the search for a learning rate");
            batches.MoveNext();
            using var scope = NewDisposeScope();
            var (batch, epoch, number) = batches.Current;
            var (images, targets) = batch.ToTensors(device);
            if (augmentation is not null)
                (images, targets) = augmentation.Apply(images, targets, epoch, (number * all.Size) + all.Rank);
            return step.Run(images, targets, learningRate).ToDouble();
        }
    }
}
