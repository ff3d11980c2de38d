using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>This tensor on a device. Where nothing changes and no copy is asked for, the same data.</summary>
        public Tensor to(
            DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(dtype, new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        public Tensor to(
            ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
        {
            var result = Aten.ToDevice.Call(this, InitializeDevice(device), type, non_blocking, copy);
            if (disposeAfter)
                Dispose();
            return result;
        }

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(device), copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(device.type, device.index, copy, disposeAfter, non_blocking);

        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking: non_blocking);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
        {
            var result = Aten.ToDtype.Call(this, type, non_blocking, copy);
            if (disposeAfter)
                Dispose();
            return result;
        }

        public Tensor type(ScalarType dtype) => to_type(dtype);

        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);

        public Tensor cpu() => to(dtype, CPU);

        public Tensor cuda(Device? device = null, bool non_blocking = false)
        {
            if (device is not null && device.type != DeviceType.CUDA)
                throw new ArgumentException("Not a CUDA device.", nameof(device));
            return to(dtype, device ?? new Device(DeviceType.CUDA), non_blocking: non_blocking);
        }

        public Tensor pin_memory() => Aten.PinMemory.Call(this);

        public Tensor @bool() => to_type(ScalarType.Bool);

        public Tensor @byte() => to_type(ScalarType.Byte);

        public Tensor @int() => to_type(ScalarType.Int32);

        public Tensor @long() => to_type(ScalarType.Int64);

        public Tensor half() => to_type(ScalarType.Float16);

        public Tensor bfloat16() => to_type(ScalarType.BFloat16);

        public Tensor @float() => to_type(ScalarType.Float32);

        public Tensor @double() => to_type(ScalarType.Float64);

        /// <summary>The same elements in row-major order; this tensor's data where they already are.</summary>
        public Tensor contiguous() => Aten.Contiguous.Call(this);

        /// <summary>A copy with the same strides where these leave no gaps.</summary>
        public Tensor clone() => Aten.Clone.Call(this);

        public Tensor copy_(Tensor source, bool nonBlocking = false) => InPlace(Aten.CopyInPlace, this, source, nonBlocking);

        /// <summary>Makes this tensor share another's storage, sizes and strides.</summary>
        public Tensor set_(Tensor source) => InPlace(Aten.SetInPlaceSourceTensor, this, source);

        /// <summary>Whether <see cref="to(ScalarType, Device, bool, bool, bool)"/> would make a new tensor.</summary>
        internal bool WillCopy(ScalarType type, Device target)
        {
            var current = device;
            return dtype != type || current.type != target.type || (target.index != -1 && current.index != target.index);
        }
    }
}
