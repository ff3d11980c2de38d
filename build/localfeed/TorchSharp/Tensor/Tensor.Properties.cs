using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static bool is_integral(Tensor t) => is_integral(t.dtype);

    public static bool is_floating_point(Tensor input) => is_floating_point(input.dtype);

    public static bool is_complex(Tensor input) => is_complex(input.dtype);

    public unsafe partial class Tensor
    {
        public long[] shape
        {
            get
            {
                var sizes = new long[Dimensions];
                fixed (long* first = sizes)
                    Boxed.Check(Boxed.TensorSizes(Handle, first));
                return sizes;
            }
        }

        public long Dimensions => Boxed.Check(Boxed.TensorDim(Handle));

        public long ndim => Dimensions;

        public long NumberOfElements => Boxed.Check(Boxed.TensorNumel(Handle));

        /// <summary>Bytes of one element.</summary>
        public long ElementSize => dtype.ElementSize();

        public ScalarType dtype => (ScalarType)Boxed.Check(Boxed.TensorDtype(Handle));

        public Device device
        {
            get
            {
                int index;
                var type = (DeviceType)Boxed.Check(Boxed.TensorDevice(Handle, &index));
                return new Device(type, type == DeviceType.CPU ? -1 : index);
            }
        }

        public DeviceType device_type => device.type;

        public int device_index
        {
            get
            {
                int index;
                Boxed.Check(Boxed.TensorDevice(Handle, &index));
                return index;
            }
        }

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_leaf => Boxed.Check(Boxed.TensorIsLeaf(Handle)) != 0;

        public bool requires_grad
        {
            get => Boxed.Check(Boxed.TensorRequiresGrad(Handle)) != 0;
            set => Boxed.Check(Boxed.TensorSetRequiresGrad(Handle, value ? 1 : 0));
        }

        /// <summary>The gradient collected so far, as a new tensor object over it; null where there is none.</summary>
        public Tensor? grad
        {
            get => Boxed.TensorGrad(Handle) is not 0 and var gradient ? new Tensor(gradient) : null;
            set => Boxed.Check(Boxed.TensorSetGrad(Handle, value is null ? 0 : value.Handle));
        }

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public long[] size() => shape;

        /// <param name="dim">The dimension; negative ones count from the end.</param>
        public long size(int dim) => Aten.SizeInt.CallValue(this, dim).Bits;

        public long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* first = strides)
                Boxed.Check(Boxed.TensorStrides(Handle, first));
            return strides;
        }

        public long stride(int dim) => Aten.StrideInt.CallValue(this, dim).Bits;

        public long storage_offset() => Boxed.Check(Boxed.TensorStorageOffset(Handle));

        /// <summary>Whether the elements lie in row-major order without gaps.</summary>
        public bool is_contiguous() => Boxed.Check(Boxed.TensorIsContiguous(Handle)) != 0;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        public bool is_nonzero()
        {
            if (NumberOfElements != 1)
                throw new InvalidOperationException("is_nonzero() called on non-singleton tensor");
            return ToScalar().ToBoolean();
        }

        public bool is_pinned() => Aten.IsPinned.CallValue(this).Bits != 0;
    }
}
