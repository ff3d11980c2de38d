using System.Runtime.CompilerServices;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set
            {
                var (view, selections) = View(indices);
                if (selections is null)
                    Overwrite(view, value);
                else
                    Aten.IndexPutInPlace.Run(view, Argument.OptionalTensors(selections), value);
            }
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => Aten.IndexPutInPlace.Run(this, Argument.OptionalTensors(indices), value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => Pick(i1);
            set => Overwrite(Pick(i1), value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => Pick(i1, i2);
            set => Overwrite(Pick(i1, i2), value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => Pick(i1, i2, i3);
            set => Overwrite(Pick(i1, i2, i3), value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => Pick(i1, i2, i3, i4);
            set => Overwrite(Pick(i1, i2, i3, i4), value);
        }

        /// <summary>The elements that the positions select, as NumPy does.</summary>
        public Tensor index(params TensorIndex[] indices)
        {
            var (view, selections) = View(indices);
            return selections is null ? view : Aten.IndexTensor.Call(view, Argument.OptionalTensors(selections));
        }

        public Tensor index(params Tensor[] indices) => Aten.IndexTensor.Call(this, Argument.OptionalTensors(indices));

        public Tensor index_select(long dim, Tensor index) => Aten.IndexSelect.Call(this, dim, index);

        public Tensor gather(long dim, Tensor index) => Aten.Gather.Call(this, dim, index);

        public Tensor scatter(long dim, Tensor index, Tensor src) => Aten.ScatterSrc.Call(this, dim, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src) => InPlace(Aten.ScatterInPlaceSrc, this, dim, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => InPlace(Aten.ScatterAddInPlace, this, dim, index, src);

        public Tensor masked_fill(Tensor mask, Scalar value) => Aten.MaskedFillScalar.Call(this, mask, value);

        public Tensor masked_fill_(Tensor mask, Scalar value) => InPlace(Aten.MaskedFillInPlaceScalar, this, mask, value);

        public Tensor masked_select(Tensor mask) => Aten.MaskedSelect.Call(this, mask);

        public Tensor where(Tensor condition, Tensor y) => Aten.WhereSelf.Call(condition, this, y);

        public Tensor nonzero() => Aten.Nonzero.Call(this);

        private Tensor Pick(params ReadOnlySpan<long> indices)
        {
            var view = this;
            foreach (var i in indices)
                view = Step(view, view.select(0, i));
            return view;
        }

        private static void Overwrite(Tensor view, Tensor value)
        {
            view.copy_(value);
            view.Dispose();
        }

        /// <summary>Goes on from one view to the next and gives the former back, unless it is this tensor.</summary>
        private Tensor Step(Tensor former, Tensor next)
        {
            if (!ReferenceEquals(former, this))
                former.Dispose();
            return next;
        }

        /// <summary>Applies the basic positions; tensors among the indices remain, each at the view's dimension that it indexes.</summary>
        private (Tensor View, Tensor?[]? Selections) View(TensorIndex[] indices)
        {
            var (view, dim, spread) = (alias(), 0L, 0L);
            Tensor?[]? selections = null;
            foreach (var index in indices)
                switch (index.Kind)
                {
                    case TensorIndex.Form.None:
                        view = Step(view, view.unsqueeze(dim++));
                        break;
                    case TensorIndex.Form.Ellipsis:
                        dim += Dimensions - indices.Sum(Consumed);
                        break;
                    case TensorIndex.Form.Integer:
                        view = Step(view, view.select(dim, index.Start!.Value));
                        break;
                    case TensorIndex.Form.Slice:
                        view = Step(view, Aten.SliceTensor.Call(view, dim++, index.Start, index.Stop, index.Step ?? 1));
                        break;
                    case TensorIndex.Form.Bool:
                        view = Step(view, view.unsqueeze(dim));
                        Select(dim++, tensor([index.Start == 1]));
                        break;
                    case TensorIndex.Form.Tensor:
                        Select(dim, index.Indices!);
                        dim += Consumed(index);
                        // The operator takes a mask over several dimensions at one place.
                        spread += Consumed(index) - 1;
                        break;
                }
            return (view, selections);

            void Select(long at, Tensor indices)
            {
                Array.Resize(ref selections, (int)(at - spread) + 1);
                selections[at - spread] = indices;
            }
        }

        /// <summary>How many of the indexed tensor's dimensions a position stands for.</summary>
        private static long Consumed(TensorIndex index) => index.Kind switch
        {
            TensorIndex.Form.Integer or TensorIndex.Form.Slice => 1,
            TensorIndex.Form.Tensor => index.Indices!.dtype == ScalarType.Bool ? index.Indices.Dimensions : 1,
            _ => 0,
        };
    }
}
