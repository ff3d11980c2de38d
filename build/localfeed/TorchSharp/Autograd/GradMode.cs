using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>No graph is recorded on this thread until the result is disposed of.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Boxed.GradEnabled() != 0;

    /// <summary>As <see cref="no_grad"/>, and the tensors made can never take part in a graph.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    public static bool is_inference_mode_enabled() => Boxed.InferenceModeEnabled() != 0;

    private sealed class GradMode : IDisposable
    {
        private readonly int _former = Boxed.GradEnabled();

        public GradMode(bool enabled) => Boxed.SetGradEnabled(enabled ? 1 : 0);

        public void Dispose() => Boxed.SetGradEnabled(_former);
    }

    /// <summary>The native guard restores this thread's state, so it must be released by the thread that took it.</summary>
    private sealed class InferenceMode(bool enabled) : IDisposable
    {
        private nint _guard = Boxed.CheckPointer(Boxed.InferenceModeEnter(enabled ? 1 : 0));

        public void Dispose()
        {
            if (_guard != 0)
                Boxed.InferenceModeLeave(_guard);
            _guard = 0;
        }
    }
}
