using System.Text;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training.Distributed.Collectives;

/// <summary>What the ranks do together, made of what <see cref="ICollective"/> has.</summary>
internal static class CollectiveExtensions
{
    /// <summary>What may be canceled on this rank alone: nothing where others would wait for what it does.</summary>
    public static CancellationToken Own(this ICollective all, CancellationToken cancellation) =>
        all.Size == 1 ? cancellation : CancellationToken.None;

    /// <exception cref="OperationCanceledException">Any rank is canceled; the same on all of them.</exception>
    public static void ThrowIfAnyIsCanceled(this ICollective all, bool own, CancellationToken cancellation, string what)
    {
        if (all.GatherOne(own, what).Contains(true))
            throw Canceled(all, cancellation);
    }

    public static OperationCanceledException Canceled(this ICollective all, CancellationToken cancellation) =>
        all.Size == 1 ? new OperationCanceledException(cancellation) : new AgreedCancellationException(cancellation);

    /// <summary>The text of rank 0, which alone has one; null where it has none.</summary>
    public static string? OfRankZero(this ICollective all, string? text, string what) =>
        all.Gather(text is null ? [] : Encoding.UTF8.GetBytes(text), what)[0] is { Length: > 0 } sent
            ? Encoding.UTF8.GetString(sent) : null;

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
