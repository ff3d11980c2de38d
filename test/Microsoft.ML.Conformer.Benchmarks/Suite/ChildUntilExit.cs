using System.Diagnostics;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>Ends a process that this one started, at the latest when this one ends: by a signal, too, such as that of `timeout`.</summary>
internal sealed class ChildUntilExit : IDisposable
{
    private readonly Process _process;

    public ChildUntilExit(Process process)
    {
        _process = process;
        AppDomain.CurrentDomain.ProcessExit += End;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        End(this, EventArgs.Empty);
        _process.WaitForExit();
    }

    private void End(object? sender, EventArgs e)
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
    }
}
