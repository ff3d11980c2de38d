using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>The files of a folder that any process opens from now on, which inotify tells; .NET's own watcher sees changes only.</summary>
internal sealed partial class OpenedFiles : IDisposable
{
    private const int NonBlocking = 0x800, HeaderBytes = 16, MostBytes = 1 << 16;
    private const uint Open = 0x20;

    private readonly int _watch;

    public OpenedFiles(string folder)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("Which files are opened is seen on Linux.");
        _watch = Start(NonBlocking);
        Assert.IsTrue(_watch >= 0 && Add(_watch, folder, Open) >= 0, $"'{folder}' cannot be watched.");
    }

    /// <summary>Their names; the folder itself, which may be listed, does not count.</summary>
    public IReadOnlySet<string> Names()
    {
        var events = new byte[MostBytes];
        var names = new HashSet<string>();
        while (Read(_watch, events, events.Length) is > 0 and var count)
            for (var rest = events.AsSpan(0, (int)count); rest.Length > 0;)
            {
                // struct inotify_event: int wd, uint32 mask, uint32 cookie, uint32 len, char name[len]
                var length = MemoryMarshal.Read<int>(rest[12..]);
                var name = Encoding.UTF8.GetString(rest.Slice(HeaderBytes, length)).TrimEnd('\0');
                if (name.Length > 0)
                    names.Add(name);
                rest = rest[(HeaderBytes + length)..];
            }
        return names;
    }

    public void Dispose() => Close(_watch);

    [LibraryImport("libc", EntryPoint = "inotify_init1")]
    private static partial int Start(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Add(int watch, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int file, byte[] buffer, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
