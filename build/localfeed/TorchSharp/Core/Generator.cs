using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers for operators of the CPU.</summary>
    public class Generator : IDisposable
    {
        /// <param name="seed">The seed.</param>
        /// <param name="device">
        /// What <see cref="device"/> tells; null: the CPU. The generator is one of the CPU all the same, as TorchSharp 0.107 makes no
        /// other.
        /// </param>
        public Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            Handle = Boxed.CheckPointer(Boxed.GeneratorNew(seed));
        }

        private Generator(nint handle)
        {
            Handle = handle;
            device = CPU;
        }

        ~Generator() => Dispose(false);

        /// <summary>The CPU's default generator, shared with every other use of it.</summary>
        public static Generator Default => new(Boxed.CheckPointer(Boxed.GeneratorDefault((int)DeviceType.CPU, -1)));

        public nint Handle { get; private set; }

        public Device device { get; }

        public Generator manual_seed(long seed)
        {
            Boxed.Check(Boxed.GeneratorSetSeed(Handle, (ulong)seed));
            return this;
        }

        /// <summary>Seeds from the clock and returns that seed.</summary>
        public long seed()
        {
            var seed = DateTime.UtcNow.Ticks;
            manual_seed(seed);
            return seed;
        }

        public long initial_seed() => (long)Boxed.GeneratorSeed(Handle);

        /// <summary>The whole state as a tensor of bytes.</summary>
        public Tensor get_state() => new(Boxed.CheckPointer(Boxed.GeneratorState(Handle)));

        public void set_state(Tensor value) => Boxed.Check(Boxed.GeneratorSetState(Handle, value.Handle));

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Handle == 0)
                return;
            Boxed.GeneratorFree(Handle);
            Handle = 0;
        }
    }
}
