using System.Collections.Concurrent;
using System.Diagnostics;

namespace Conformer.Server.Tests;

/// <summary>The program `conformer-server` as a process of its own.</summary>
internal sealed class ServerProgram : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new(), _errors = new();
    private readonly TaskCompletionSource<Uri?> _listens = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProgram(IEnumerable<string> arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "conformer-server.dll");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", ["exec", program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Path.GetTempPath(), // the page is found from anywhere
            },
            EnableRaisingEvents = true,
        };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                _errors.Enqueue(line.Data);
        };
        _process.Exited += (_, _) => _listens.TrySetResult(null);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public IReadOnlyCollection<string> Output => _output;

    public IReadOnlyCollection<string> Errors => _errors;

    public bool HasExited => _process.HasExited;

    /// <summary>Runs it until it ends by itself.</summary>
    public static async Task<(int Code, ServerProgram Program)> RunAsync(params IEnumerable<string> arguments)
    {
        var program = new ServerProgram(arguments);
        return (await program.EndAsync(), program);
    }

    /// <summary>Starts it on a free port, and waits until it listens there.</summary>
    public static async Task<(Uri Address, ServerProgram Program)> ListenAsync(string model, params IEnumerable<string> options)
    {
        var program = new ServerProgram([model, "--urls", "http://127.0.0.1:0", .. options]);
        var address = await program._listens.Task.WaitAsync(Patience.Limit);
        Assert.IsNotNull(address, string.Join(Environment.NewLine, program.Errors));
        return (address, program);
    }

    /// <summary>Sends a signal, such as INT, which is Ctrl+C.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end; gives the exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience.Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience.Limit);
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
            _listens.TrySetResult(new Uri(line[(at + Listening.Length)..]));
    }
}
