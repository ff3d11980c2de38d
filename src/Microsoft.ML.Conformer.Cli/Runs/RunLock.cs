namespace Conformer.Cli.Runs;

/// <summary>Held while a run is under way, and let go when its process ends, whatever ends it.</summary>
internal sealed class RunLock : IDisposable
{
    private const string Name = "run.lock";

    private readonly FileStream _file;

    /// <exception cref="IOException">The run is under way.</exception>
    public RunLock(RunFolder run)
    {
        var path = run.File(Name);
        PlainFile.ThrowIfOther(path);
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new IOException($"'{VisibleText.OfPath(run.Path)}' is the folder of a run that is under way.", exception);
        }
    }

    public static bool IsHeld(RunFolder run)
    {
        try
        {
            using var file = new FileStream(run.File(Name), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException) // another user's
        {
            return true;
        }
    }

    public void Dispose() => _file.Dispose();
}
