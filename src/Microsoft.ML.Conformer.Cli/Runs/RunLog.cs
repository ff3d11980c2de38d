using Spectre.Console;

namespace Conformer.Cli.Runs;

/// <summary>What a run tells: on the terminal, and with the time in a file.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly StreamWriter _file;
    private readonly Lock _lock = new();

    /// <summary>Goes on with the log of a run's folder.</summary>
    public RunLog(RunFolder run)
    {
        var path = run.File(RunFolder.LogName);
        PlainFile.ThrowIfOther(path);
        _file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    /// <summary>Lines for the terminal, above what a live display shows; an output on a full disk does not end the run.</summary>
    public void Write(string text)
    {
        Note(text);
        try
        {
            if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi)
                Console.WriteLine(text);
            else // as it is: text would be broken into lines, and a path in two cannot be copied
                AnsiConsole.Write(new ControlCode(text + Environment.NewLine));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // the model matters more
        }
    }

    /// <summary>A line for the error output.</summary>
    public void Warn(string text)
    {
        Console.Error.WriteLine($"warning: {text}");
        Note($"warning: {text}");
    }

    /// <summary>Lines for the file alone; a full disk does not end the run.</summary>
    public void Note(string text)
    {
        try
        {
            lock (_lock)
                foreach (var line in text.Split('\n'))
                    _file.WriteLine($"{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss}Z {line.TrimEnd('\r')}");
        }
        catch (IOException)
        {
            // the model matters more
        }
    }

    public void Dispose() => _file.Dispose();
}
