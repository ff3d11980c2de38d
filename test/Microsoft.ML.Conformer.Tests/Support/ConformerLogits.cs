using TorchSharp;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>A Conformer's two heads by name.</summary>
internal static class ConformerLogits
{
    public static void Deconstruct(this torch.Tensor[] logits, out torch.Tensor conv, out torch.Tensor transformer) =>
        (conv, transformer) = (logits[0], logits[1]);
}
