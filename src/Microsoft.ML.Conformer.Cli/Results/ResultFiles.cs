
namespace Conformer.Cli.Results;

/// <summary>
/// Saves the files of a run, each on its own: one that fails costs no other. What cannot be saved where it should be is kept in the
/// temporary folder.
/// </summary>
/// <param name="folder">Where they should be.</param>
internal sealed class ResultFiles(string folder)
{
    private const int MostNameLength = 50;

    private readonly string _folder = Path.GetFullPath(folder);
    private readonly List<string> _faults = [];
    private DirectoryInfo? _otherFolder;

    /// <summary>Makes a folder and tests that it can be written to, before anything else is done.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="option">The option that named it.</param>
    /// <exception cref="IOException">It cannot be made or written to; the message says why.</exception>
    public static void Prepare(string folder, string option) => OutputFolder.EnsureWritable(folder, option, "Name another one.");

    /// <summary>Tests the temporary folder, which saving a model needs.</summary>
    /// <exception cref="IOException">It cannot be made or written to; the message says why.</exception>
    public static void PrepareTemporaryFolder() => OutputFolder.EnsureWritable(
        Path.GetTempPath(), "temporary files", $"Set {(OperatingSystem.IsWindows() ? "TMP" : "TMPDIR")} to another one.");

    /// <summary>The name, without an ending, of what is made of a file of others: a number, and the begin of the file's name.</summary>
    public static string NumberedName(int number, string path)
    {
        // No half of a character, such as an emoji's, which no file can be named with.
        var name = string.Concat(Path.GetFileNameWithoutExtension(path).EnumerateRunes().Take(MostNameLength));
        return $"{number:000}-{name}";
    }

    /// <summary>Tests that a file can be written.</summary>
    /// <exception cref="IOException">It cannot; the message says why.</exception>
    public static void PrepareFile(string path) => new AtomicFile(path).Dispose();

    /// <summary>Saves a file, here or in the temporary folder; it replaces an older one only when it is complete.</summary>
    /// <param name="name">Its name, without a folder.</param>
    /// <param name="write">Writes its content.</param>
    public void Save(string name, Action<Stream> write) => SaveTo(name, path => AtomicFile.Write(path, write));

    /// <summary>As <see cref="Save"/>, by what writes to a path and leaves an older file alone until the new one is complete.</summary>
    public void SaveTo(string name, Action<string> save)
    {
        try
        {
            Directory.CreateDirectory(_folder); // somebody may have removed it meanwhile
            save(Path.Combine(_folder, name));
        }
        catch (Exception exception) // whatever it is, the other files are worth trying
        {
            var reason = VisibleText.Reason(exception).TrimEnd('.');
            _faults.Add($"{name} cannot be saved to '{VisibleText.OfPath(_folder)}': {reason}. {Keep(name, save)}");
        }
    }

    /// <summary>Says what was not saved as it should be.</summary>
    /// <exception cref="IOException">There is such a file; the message says why, and where the file is instead.</exception>
    public void ThrowIfAnyFailed()
    {
        if (_faults.Count > 0)
            throw new IOException(string.Join(" ", _faults));
    }

    private string Keep(string name, Action<string> save)
    {
        try
        {
            _otherFolder ??= Directory.CreateTempSubdirectory("conformer-not-saved-");
            var path = Path.Combine(_otherFolder.FullName, name);
            save(path);
            return $"It is kept as '{VisibleText.OfPath(path)}'.";
        }
        catch (Exception exception)
        {
            if (_otherFolder?.EnumerateFileSystemInfos().Any() == false)
            {
                _otherFolder.Delete();
                _otherFolder = null;
            }
            return $"It cannot be kept in '{Path.GetTempPath()}' either: {VisibleText.Reason(exception)}";
        }
    }
}
