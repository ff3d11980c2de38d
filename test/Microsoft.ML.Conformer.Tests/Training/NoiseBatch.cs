using Microsoft.ML.Conformer.Batches;
using Microsoft.ML.Conformer.Tests.Scoring;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>Images of noise, of the three classes in turn.</summary>
internal static class NoiseBatch
{
    /// <summary>Images [N, 3, 32, 32], channels-last, and targets, labels [N], in the caller's dispose scope.</summary>
    public static (Tensor Images, IReadOnlyList<Tensor> Labels) Of(int count, int seed = 1)
    {
        var random = new Random(seed);
        var pixels = Enumerable.Range(0, count * Photo.Side * Photo.Side * 3).Select(_ => 2 * random.NextSingle() - 1);
        var images = Enumerable.Range(0, count).ToArray();
        return new ImageBatch([.. pixels], Photo.Side, [.. images.Select(image => (long)image % 3)], images, count).ToTensors(CPU);
    }
}
