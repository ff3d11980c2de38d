using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            protected DeviceType _deviceType = DeviceType.CPU;
            protected int _deviceIndex = -1;

            public Module _to(Tensor other, bool non_blocking)
            {
                _to(other.dtype, non_blocking);
                return _to(other.device_type, other.device_index, non_blocking);
            }

            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                CheckElementType(dtype);
                Place(dtype, Usable(device.type, device.index));
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                var device = Usable(deviceType, deviceIndex);
                if (device.type != _deviceType || device.index != _deviceIndex)
                    Place(null, device);
                return this;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                CheckElementType(dtype);
                Place(dtype, null);
                return this;
            }

            /// <summary>Makes the moved buffer, or answers false where it would be the same; the original is disposed of.</summary>
            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer, out Tensor? result)
            {
                result = null;
                var (type, target) = (FloatingTarget(buffer, dtype), device ?? buffer.device);
                if (!buffer.WillCopy(type, target))
                    return false;
                result = buffer.to(type, target, disposeAfter: true).DetachFromDisposeScope();
                return true;
            }

            /// <summary>Makes the moved parameter with its gradient, or answers false where it would be the same.</summary>
            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param, out Parameter? p)
            {
                p = null;
                var (type, target) = (FloatingTarget(param, dtype), device ?? param.device);
                using var gradient = param.grad;
                if (!param.WillCopy(type, target) && gradient?.WillCopy(type, target) != true)
                    return false;
                using var guard = no_grad();
                // Copied even where only the gradient moves, for the old parameter is disposed of afterwards.
                p = new Parameter(param.to(type, target, copy: true), param.requires_grad);
                _ = p.DetachFromDisposeScope();
                if (gradient is not null)
                {
                    using var moved = gradient.to(type, target);
                    p.grad = moved;
                }
                return true;
            }

            /// <summary>Replaces parameters and buffers here and below, in the registry and where fields or properties hold them.</summary>
            private void Place(ScalarType? dtype, Device? device)
            {
                foreach (var child in children())
                    if (device is null)
                        child._to(dtype!.Value, false);
                    else if (dtype is null)
                        child._to(device.type, device.index, false);
                    else
                        child._to(device, dtype.Value, false);
                foreach (var (name, parameter) in named_parameters(false).ToList())
                    if (ReplaceParameter(dtype, device, parameter, out var moved))
                        Hold(name, moved!, () =>
                        {
                            parameter.Dispose();
                            ConditionallyRegisterParameter(name, moved);
                        });
                foreach (var (name, buffer) in named_buffers(false).ToList())
                    if (ReplaceBuffer(dtype, device, buffer, out var moved))
                        Hold(name, moved!, () => ConditionallyRegisterBuffer(name, moved));
                if (device is not null)
                    (_deviceType, _deviceIndex) = (device.type, device.index);
            }

            private void Hold(string name, Tensor moved, Action register)
            {
                if (GetType().GetProperties().FirstOrDefault(p => p.Name == name && p.CanWrite) is { } property)
                {
                    property.SetValue(this, moved);
                    return;
                }
                register();
                Fields().FirstOrDefault(f => f.ComponentName() == name)?.SetValue(this, moved);
            }

            /// <summary>Whole-number tensors, such as counts of batches, keep their type.</summary>
            private static ScalarType FloatingTarget(Tensor tensor, ScalarType? dtype) =>
                dtype is { } type && (tensor.is_floating_point() || tensor.is_complex()) ? type : tensor.dtype;

            private static void CheckElementType(ScalarType dtype)
            {
                if (!is_floating_point(dtype) && !is_complex(dtype))
                    throw new ArgumentException(
                        $"nn.Module.to only accepts floating point or complex types, but got desired dtype={dtype}");
            }

            private static Device Usable(DeviceType type, int index)
            {
                if (type == DeviceType.CUDA && !cuda.is_available())
                    throw new InvalidOperationException("CUDA is not available.");
                return new Device(type, type == DeviceType.CUDA ? index : -1);
            }
        }
    }
}
