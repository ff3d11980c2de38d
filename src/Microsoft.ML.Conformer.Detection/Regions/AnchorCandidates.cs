using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Detection.Regions;

/// <summary>One image's anchors on a level of the pyramid, as a network judged them, in the memory of the program.</summary>
/// <param name="Anchors">The anchors, in order.</param>
/// <param name="Logits">Their scores before the sigmoid, class by class within an anchor.</param>
/// <param name="Deltas">Four corrections for each.</param>
internal sealed record AnchorCandidates(Box[] Anchors, float[] Logits, float[] Deltas)
{
    public int Classes => Logits.Length / Anchors.Length;

    /// <summary>For each image of a batch its anchors, by level.</summary>
    public static AnchorCandidates[][] Of(DetectorArchitecture architecture, AnchorOutputs outputs)
    {
        using var scope = NewDisposeScope();
        var anchors = Networks.Anchors.Of(architecture);
        var images = Enumerable.Range(0, (int)outputs.Maps[0].shape[0]).Select(_ => new AnchorCandidates[outputs.Maps.Length]).ToArray();
        for (var level = 0; level < outputs.Maps.Length; level++)
        {
            var (height, width) = ((int)outputs.Scores[level].shape[2], (int)outputs.Scores[level].shape[3]);
            var boxes = anchors.Of(1 << architecture.Levels[level], height, width);
            var (logits, deltas) = (Rows(outputs.Scores[level]), Rows(outputs.Deltas[level]));
            for (var image = 0; image < images.Length; image++)
                images[image][level] = new AnchorCandidates(
                    boxes, logits[image].data<float>().ToArray(), deltas[image].data<float>().ToArray());
        }
        return images;
    }

    /// <summary>[N, A x values, H, W] as [N, H W A, values] in 32-bit floats on the CPU.</summary>
    private static Tensor Rows(Tensor map) => map.detach().permute(0, 2, 3, 1).flatten(1).to(ScalarType.Float32).cpu().contiguous();
}
