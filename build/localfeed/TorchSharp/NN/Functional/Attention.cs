using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>softmax(Q Kᵀ / sqrt(d)) V. The last parameter is spelled as in TorchSharp.</summary>
            /// <param name="query">[..., L, d]</param>
            /// <param name="key">[..., S, d]</param>
            /// <param name="value">[..., S, v]</param>
            /// <param name="attn_mask">[..., L, S]: true where attention may go, or numbers to add.</param>
            /// <param name="p">Dropout of the attention weights, applied whether training or not.</param>
            /// <param name="is_casual">Whether a position sees only itself and those before it.</param>
            public static Tensor scaled_dot_product_attention(
                Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null, double p = 0, bool is_casual = false) =>
                Aten.ScaledDotProductAttention.Exists
                    ? Aten.ScaledDotProductAttention.Call(query, key, value, attn_mask, p, is_casual)
                    : AttentionByDefinition(query, key, value, attn_mask, p, is_casual);

            public static Tensor one_hot(Tensor x, long num_classes = -1) => Aten.OneHot.Call(x, num_classes);

            /// <summary>For libtorch before 2.0, which has no such operator.</summary>
            private static Tensor AttentionByDefinition(
                Tensor query, Tensor key, Tensor value, Tensor? mask, double dropout, bool causal)
            {
                if (causal && mask is not null)
                    throw new System.Runtime.InteropServices.ExternalException(
                        "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True");
                using var scope = NewDisposeScope();
                if (causal)
                    mask = ones([query.size(-2), key.size(-2)], ScalarType.Bool, query.device).tril_();
                // Each factor takes the root of the scale, as PyTorch does: products stay in range in half precision.
                var scale = Math.Sqrt(1 / Math.Sqrt(query.size(-1)));
                var weights = query.mul(scale).matmul(key.transpose(-2, -1).mul(scale));
                if (mask is not null)
                    weights = mask.dtype == ScalarType.Bool
                        ? weights.masked_fill(mask.logical_not(), double.NegativeInfinity)
                        : weights.add(mask);
                weights = weights.softmax(-1);
                if (dropout > 0)
                    weights = functional.dropout(weights, dropout);
                return weights.matmul(value).MoveToOuterDisposeScope();
            }
        }
    }
}
