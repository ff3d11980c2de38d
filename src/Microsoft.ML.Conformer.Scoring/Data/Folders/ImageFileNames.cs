using System.Text;

namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>Which files are taken for images, by their names, and those without an extension by their first bytes.</summary>
internal static class ImageFileNames
{
    /// <summary>What is wrong with a line that <see cref="MayNotBeUtf8"/>.</summary>
    public const string NotUtf8 = "it is not valid UTF-8; save the file in that encoding";

    private const int HeadBytes = 12;

    private static readonly string[] _extensions = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp"];

    /// <summary>What file systems, archives, network storage and file managers leave behind; some of it is thumbnails.</summary>
    private static readonly HashSet<string> _system = new(StringComparer.OrdinalIgnoreCase)
    {
        "lost+found", "__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "Thumbs.db", "desktop.ini",
    };

    /// <summary>The extensions that are taken, for messages.</summary>
    public static string Extensions => string.Join(", ", _extensions);

    public static bool IsHiddenOrSystem(string name) => name.StartsWith('.') || _system.Contains(name);

    /// <summary>.NET shows bytes that are not UTF-8 as U+FFFD. A file whose name really has that character can be opened by it.</summary>
    public static bool MayNotBeUtf8(string name) => name.EnumerateRunes().Contains(Rune.ReplacementChar);

    /// <summary>What is wrong with a path that a file lists, for a message; null where nothing is.</summary>
    public static string? FaultOfPath(string? path) => string.IsNullOrWhiteSpace(path) ? "it has no path"
        : MayNotBeUtf8(path) ? NotUtf8
        : path.Contains('\0') ? "the path has a character 0"
        : null;

    /// <summary>The JPEG or PNG file whose path goes on with its extension; null where there is none.</summary>
    public static string? Find(string pathWithoutExtension) => ((string[])[".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"])
        .Select(extension => pathWithoutExtension + extension).FirstOrDefault(File.Exists);

    /// <summary>Whether a file is taken; if not, the reason.</summary>
    /// <exception cref="UnauthorizedAccessException">It has no extension and cannot be read.</exception>
    public static bool IsImage(string name, FileInfo content, out string reason)
    {
        var extension = Path.GetExtension(name);
        reason = extension.Length > 0 ? extension.ToLowerInvariant() : PassedOver.NoExtension;
        return extension.Length > 0 ? _extensions.Contains(extension, StringComparer.OrdinalIgnoreCase) : BeginsAsImage(content);
    }

    private static bool BeginsAsImage(FileInfo content)
    {
        if (content.Length == 0) // perhaps a pipe, which would wait for a writer
            return false;
        using var file = File.OpenHandle(content.FullName, share: FileShare.ReadWrite | FileShare.Delete);
        Span<byte> head = stackalloc byte[HeadBytes];
        return head[..RandomAccess.Read(file, head, 0)] is
            [0xFF, 0xD8, 0xFF, ..] or
            [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n', ..] or
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] or
            [(byte)'B', (byte)'M', _, _, _, _, 0, 0, 0, 0, ..] or // the reserved bytes, as two letters begin many a text
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P'];
    }
}
