using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Tests.Scoring;
using Microsoft.ML.Conformer.Torch;
using Microsoft.ML.Conformer.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>What training takes, it gives back. Memory and tensors are the process's, so that no test may run beside.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TrainingLoopTests
{
    /// <summary>Room for what the process compiles and caches by and by; a leak of 20 KB for each step exceeds it.</summary>
    private const long AllowedGrowth = 10_000_000;

    [TestMethod]
    public void AThousandStepsWithTheirValidationsLeaveMemoryAndTensorCountFlat()
    {
        const int Epochs = 20, Steps = 50;
        var settings = new TrainingSettings
        {
            Epochs = Epochs,
            LearningRate = 1e-3,
            MinLearningRate = 1e-5,
            WarmupEpochs = 1,
            WeightDecay = 0.05,
            LabelSmoothing = 0.1,
            Device = TorchSharp.torch.CPU,
        };
        var (memory, tensors) = (new List<long>(), new List<long>());
        // One thread: on so small a network, waiting for a second one on a busy machine takes longer than the work.
        using (TorchRuntime.UseThreads(1))
        using (var network = new ConformerNetwork(ScoringModel.Architecture, dropPath: 0.1, seed: 1))
            TrainingLoop.Run(network, settings, new SameImages(Steps), new SameImages(2), Measure, CancellationToken.None);

        Assert.AreEqual(Epochs, memory.Count);
        Assert.AreEqual(tensors[1], tensors[^1], $"tensors alive after each epoch: {string.Join(" ", tensors)}");
        ResidentMemory.AssertFlat(memory, AllowedGrowth);

        void Measure(TrainingProgress progress)
        {
            if (!progress.EpochEnded)
                return;
            memory.Add(ResidentMemory.Bytes()); // first, since it collects what is garbage
            tensors.Add(Tensor.TotalCount);
        }
    }

    /// <summary>Batches of two gray images, one of each of two classes.</summary>
    private sealed class SameImages(int batches) : IBatchSource
    {
        private const int BatchSize = 2;

        public int ImageCount => batches * BatchSize;

        public int ImageSize => Photo.Side;

        public int BatchCount => batches;

        public IEnumerable<ImageBatch> ReadEpoch(int epoch, CancellationToken cancellation)
        {
            var pixels = new float[BatchSize * Photo.Side * Photo.Side * 3];
            pixels.AsSpan(pixels.Length / 2).Fill(1);
            for (var batch = 0; batch < batches; batch++)
                yield return new ImageBatch(pixels, [0, 1], BatchSize);
        }
    }
}
