using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>Ends a process that this one started, at the latest when a signal ends this one, such as that of `timeout`.</summary>
internal sealed class ChildUntilExit : IDisposable
{
    private readonly Process _process;
    private readonly PosixSignalRegistration[] _signals;

    public ChildUntilExit(Process process)
    {
        _process = process;
        PosixSignal[] signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP];
        _signals = Array.ConvertAll(signals, signal => PosixSignalRegistration.Create(signal, _ => End()));
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        End();
        _process.WaitForExit();
    }

    private void End()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
    }
}
