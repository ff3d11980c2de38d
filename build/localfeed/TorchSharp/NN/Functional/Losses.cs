using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What becomes of the losses of a batch.</summary>
        public enum Reduction
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static partial class functional
        {
            /// <param name="input">Logits [N, C, ...].</param>
            /// <param name="target">Class indices as Int64 [N, ...], or probabilities of the input's shape.</param>
            /// <param name="weight">Weights of the classes [C].</param>
            /// <param name="ignore_index">The class index that does not count.</param>
            /// <param name="reduction">How losses are combined.</param>
            /// <param name="label_smoothing">The share of probability spread over all classes.</param>
            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean,
                double label_smoothing = 0) =>
                Aten.CrossEntropyLoss.Call(input, target, weight, (long)reduction, ignore_index, label_smoothing);

            /// <summary>The negative log-likelihood of the targets; the input holds log-probabilities [N, C, ...].</summary>
            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                Aten.NllLossNd.Call(input, target, weight, (long)reduction);
        }
    }
}
