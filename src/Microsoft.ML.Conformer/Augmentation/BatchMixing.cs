using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Augmentation;

/// <summary>What is done to a whole batch on the network's device, and may change its targets.</summary>
internal interface IBatchAugmentation
{
    /// <param name="images">[N, 3, H, W], channels-last; they are left as they are.</param>
    /// <param name="targets">The task's, each with N first.</param>
    /// <param name="epoch">The epoch's number from 0, which with the batch's alone decides what is done.</param>
    /// <param name="batch">The batch's number in its epoch, from 0.</param>
    /// <returns>Images [N, 3, H, W], channels-last, and their targets.</returns>
    (Tensor Images, IReadOnlyList<Tensor> Targets) Apply(Tensor images, IReadOnlyList<Tensor> targets, int epoch, int batch);
}

/// <summary>
/// Draws for each batch whether and how its images are mixed, as timm does for whole batches: by Mixup (Zhang et al., 2018) or CutMix (Yun
/// et al., 2019). The loss smooths the labels, after they are mixed, which is the same as before. Targets are
/// class indices [N] (int64), which become probabilities where they are mixed, or probabilities [N, C].
/// </summary>
internal sealed class BatchMixing(AugmentationRecipe recipe, int classCount, int seed) : IBatchAugmentation
{
    /// <summary>The recipe's mixing, or null where it has none.</summary>
    public static BatchMixing? Of(AugmentationRecipe recipe, int classCount, int seed) =>
        recipe.Mixes ? new BatchMixing(recipe, classCount, seed) : null;

    public (Tensor Images, IReadOnlyList<Tensor> Targets) Apply(Tensor images, IReadOnlyList<Tensor> targets, int epoch, int batch)
    {
        var random = new ImageRandom(seed, epoch, image: -2 - batch);
        var (count, height, width) = ((int)images.shape[0], (int)images.shape[2], (int)images.shape[3]);
        return Draw(random, count, height, width) is { } mix ? mix.Apply(images, targets, classCount) : (images, targets);
    }

    /// <summary>How a batch of a size is mixed; null where it is not.</summary>
    public BatchMix? Draw(ImageRandom random, int count, int height, int width)
    {
        if (random.NextDouble() >= recipe.MixProbability)
            return null;
        var cuts = recipe.CutMixAlpha > 0 && (recipe.MixupAlpha <= 0 || random.NextDouble() < recipe.CutMixProbability);
        var share = random.NextBeta(cuts ? recipe.CutMixAlpha : recipe.MixupAlpha);
        MixedBox? box = cuts ? MixedBox.Around(random.NextInt32(height), random.NextInt32(width), share, height, width) : null;
        var partners = recipe.MixPartner == MixPartner.Permuted ? random.NextPermutation(count) : BatchMix.Reversed(count);
        return new BatchMix(share, box, partners);
    }
}

/// <summary>How a batch is mixed.</summary>
/// <param name="Share">What an image keeps of itself in a blend, 0-1; a box decides by its area.</param>
/// <param name="Box">The part that comes from the other image; null for a blend of both.</param>
/// <param name="Partners">The number of the other image, for each one.</param>
internal sealed record BatchMix(double Share, MixedBox? Box, int[] Partners)
{
    /// <summary>The partners of a batch's images in reverse order.</summary>
    public static int[] Reversed(int count) => [.. Enumerable.Range(0, count).Reverse()];

    public (Tensor Images, IReadOnlyList<Tensor> Targets) Apply(Tensor images, IReadOnlyList<Tensor> targets, int classCount)
    {
        var partners = tensor(Partners.Select(partner => (long)partner).ToArray(), device: images.device);
        // Rows of pixels as they lie in memory, so that the results are channels-last too.
        var pixels = images.permute(0, 2, 3, 1);
        var others = pixels.index_select(0, partners);
        Tensor mixed;
        if (Box is { } box)
        {
            mixed = pixels.clone();
            box.Of(mixed).copy_(box.Of(others));
        }
        else
            mixed = Blend(pixels, others, Share);
        var share = Box?.Share(images.shape[2], images.shape[3]) ?? Share;
        return (mixed.permute(0, 3, 1, 2), [.. targets.Select(Blended)]);

        Tensor Blended(Tensor target)
        {
            var own = target.dim() > 1 ? target : nn.functional.one_hot(target, classCount).to(images.dtype);
            return Blend(own, own.index_select(0, partners), share);
        }
    }

    private static Tensor Blend(Tensor own, Tensor other, double share) => own.Times(share).Plus(other.Times(1 - share));
}

/// <summary>Rows <paramref name="Top"/> to below <paramref name="Bottom"/>, columns likewise; it may be empty.</summary>
internal readonly record struct MixedBox(int Top, int Bottom, int Left, int Right)
{
    /// <summary>
    /// The box of CutMix: sides that leave a share of an image around it, but even, around a pixel, cut at the image's border.
    /// </summary>
    public static MixedBox Around(int row, int column, double share, int height, int width)
    {
        var ratio = Math.Sqrt(1 - share);
        var (halfHeight, halfWidth) = ((int)(height * ratio) / 2, (int)(width * ratio) / 2);
        return new MixedBox(
            Math.Max(row - halfHeight, 0), Math.Min(row + halfHeight, height),
            Math.Max(column - halfWidth, 0), Math.Min(column + halfWidth, width));
    }

    /// <summary>The share of an image that lies outside of it, 0-1.</summary>
    public double Share(long height, long width) => 1 - (double)((Bottom - Top) * (Right - Left)) / (height * width);

    /// <summary>The part of images, [N, H, W, 3].</summary>
    public Tensor Of(Tensor images) => images.narrow(1, Top, Bottom - Top).narrow(2, Left, Right - Left);
}
