using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public void backward() => autograd.backward(this);

        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Keeps the gradient of this inner node of the graph.</summary>
        public void retain_grad() => Aten.RetainGrad.Run(this);

        /// <summary>The same data outside the graph.</summary>
        public Tensor detach() => Aten.Detach.Call(this);

        public Tensor detach_() => InPlace(Aten.DetachInPlace, this);
    }
}
