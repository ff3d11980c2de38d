using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>What the ranks do together, made of what <see cref="ICollective"/> has.</summary>
internal static class CollectiveExtensions
{
    public static bool AnyRank(this ICollective all, bool own, string what) => all.GatherOne(own, what).Contains(true);

    /// <summary>The text of rank 0, which alone has one; null where it has none.</summary>
    public static string? OfRankZero(this ICollective all, string? text, string what) =>
        all.Gather(text is null ? [] : System.Text.Encoding.UTF8.GetBytes(text), what)[0] is { Length: > 0 } sent
            ? System.Text.Encoding.UTF8.GetString(sent) : null;

    /// <summary>Replaces values, which may lie in memory in any order, by those of rank 0.</summary>
    public static void BroadcastAll(this ICollective all, IEnumerable<Tensor> tensors, string what)
    {
        if (all.Size == 1)
            return;
        using var noGrad = no_grad();
        foreach (var tensor in tensors)
        {
            using var scope = NewDisposeScope();
            var values = tensor.contiguous();
            all.Broadcast(values, what);
            if (!tensor.is_contiguous())
                tensor.copy_(values);
        }
    }
}
