using static TorchSharp.torch;
using TensorModule = TorchSharp.torch.nn.IModule<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace TorchSharp.Modules
{
    /// <summary>Modules applied one after the other; the results in between are disposed of at once.</summary>
    public class Sequential : nn.Module<Tensor, Tensor>
    {
        private readonly List<(string Name, TensorModule Step)> _steps = [];

        internal Sequential()
            : base(nameof(Sequential))
        {
        }

        public int Count => _steps.Count;

        [System.Runtime.CompilerServices.IndexerName("SequentialItems")]
        public nn.IModule<Tensor, Tensor> this[int index] => _steps[index].Step;

        public Sequential append(nn.IModule<Tensor, Tensor> module) => append(_steps.Count.ToString(), module);

        public Sequential append(string name, nn.IModule<Tensor, Tensor> module)
        {
            _steps.Add((name, module));
            return this;
        }

        public override Tensor forward(Tensor tensor)
        {
            var current = tensor;
            foreach (var (_, step) in _steps)
            {
                var next = step.call(current);
                if (!ReferenceEquals(current, tensor))
                    current.Dispose();
                current = next;
            }
            return _steps.Count == 0 ? tensor.alias() : current;
        }

        public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
        {
            var seen = new HashSet<nint> { 0 };
            foreach (var (prefix, step) in recurse ? named_children() : [])
                foreach (var (name, parameter) in step.named_parameters(true))
                    if (seen.Add(parameter.handle))
                        yield return ($"{prefix}.{name}", parameter);
        }

        public override IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_persistent = true)
        {
            var seen = new HashSet<nint> { 0 };
            foreach (var (prefix, step) in recurse ? named_children() : [])
                foreach (var (name, buffer) in step.named_buffers(true, include_persistent))
                    if (seen.Add(buffer.handle))
                        yield return ($"{prefix}.{name}", buffer);
        }

        public override IEnumerable<(string name, nn.Module module)> named_children() =>
            _steps.Select(s => (s.Name, (nn.Module)s.Step));

        public override IEnumerable<(string name, nn.Module module)> named_modules()
        {
            foreach (var child in named_children())
                yield return child;
            foreach (var (prefix, step) in named_children())
                foreach (var (name, module) in step.named_modules())
                    yield return ($"{prefix}.{name}", module);
        }

        public override nn.Module apply(Action<nn.Module> fn)
        {
            foreach (var step in children())
                step.apply(fn);
            fn(this);
            return this;
        }

        protected internal override nn.Module _to(Device device, ScalarType dtype, bool non_blocking)
        {
            foreach (var step in children())
                step._to(device, dtype, non_blocking);
            return this;
        }

        protected internal override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
        {
            foreach (var step in children())
                step._to(deviceType, deviceIndex, non_blocking);
            return this;
        }

        protected internal override nn.Module _to(ScalarType dtype, bool non_blocking)
        {
            foreach (var step in children())
                step._to(dtype, non_blocking);
            return this;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                foreach (var step in children().ToList())
                    step.Dispose();
            base.Dispose(disposing);
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Sequential Sequential() => new();

            public static Modules.Sequential Sequential(params Module<Tensor, Tensor>[] modules) =>
                Sequential((IEnumerable<Module<Tensor, Tensor>>)modules);

            public static Modules.Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules) =>
                modules.Aggregate(new Modules.Sequential(), (sequence, module) => sequence.append(module));

            public static Modules.Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) =>
                Sequential((IEnumerable<(string, Module<Tensor, Tensor>)>)modules);

            public static Modules.Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules) =>
                modules.Aggregate(new Modules.Sequential(), (sequence, module) => sequence.append(module.name, module.submodule));
        }
    }
}
