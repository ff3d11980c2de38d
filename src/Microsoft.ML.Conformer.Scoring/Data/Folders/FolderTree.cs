namespace Microsoft.ML.Conformer.Data.Folders;

/// <summary>A folder with the images and folders in it that can be used; each folder is listed when it is first asked for.</summary>
internal sealed class FolderTree(string path, bool isLink = false)
{
    // By default .NET passes over hidden files by the system's own notion.
    private static readonly EnumerationOptions _all = new() { IgnoreInaccessible = false, AttributesToSkip = 0 };

    private readonly List<string> _images = [];
    private readonly List<FolderTree> _folders = [];
    private readonly PassedOver _passedOver = new();
    private bool _isListed, _isUnreadable;

    public string Path { get; } = path;

    public string Name => System.IO.Path.GetFileName(Path);

    public bool IsLink { get; } = isLink;

    public bool IsUnreadable => Listed()._isUnreadable;

    /// <summary>Full paths of the images that lie in this folder itself.</summary>
    public IReadOnlyList<string> Images => Listed()._images;

    /// <summary>Full paths of the images here and below. Links to folders are not followed, as they may lead in circles.</summary>
    public IEnumerable<string> AllImages => Images.Concat(Folders.Where(folder => !folder.IsLink).SelectMany(folder => folder.AllImages));

    /// <summary>The folders in this one, in ordinal order; those that cannot be read are not among them.</summary>
    public IEnumerable<FolderTree> Folders => Listed()._folders.Where(folder => !folder.IsUnreadable);

    /// <summary>What lies in this folder itself and is passed over.</summary>
    public PassedOver PassedOver
    {
        get
        {
            var all = new PassedOver();
            all.Add(Listed()._passedOver);
            foreach (var folder in _folders.Where(folder => folder.IsUnreadable))
                all.Add(PassedOver.Unreadable, folder.Path);
            return all;
        }
    }

    /// <summary>Whether there is an image here or below. Links to folders are not followed, as they may lead in circles.</summary>
    public bool HoldsImages => Images.Count > 0 || Folders.Any(folder => !folder.IsLink && folder.HoldsImages);

    /// <summary>Whether a folder in this one holds images; such a folder may be a link.</summary>
    public bool HoldsClasses => Folders.Any(folder => folder.HoldsImages);

    private FolderTree Listed()
    {
        if (_isListed)
            return this;
        _isListed = true;
        try
        {
            var names = new HashSet<string>();
            foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos("*", _all))
                Sort(entry, isFirstOfName: names.Add(entry.Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _isUnreadable = true;
        }
        _images.Sort(StringComparer.Ordinal);
        _folders.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        return this;
    }

    private void Sort(FileSystemInfo entry, bool isFirstOfName)
    {
        if (ImageFileNames.IsHiddenOrSystem(entry.Name))
            _passedOver.Add(PassedOver.HiddenOrSystem);
        else if (ImageFileNames.MayNotBeUtf8(entry.Name) && !(isFirstOfName && System.IO.Path.Exists(entry.FullName)))
            _passedOver.Add(PassedOver.NotUtf8, entry.FullName);
        else if (entry is DirectoryInfo && LeadsUp(entry))
            _passedOver.Add(PassedOver.CircularLink, entry.FullName);
        else if (entry is DirectoryInfo)
            _folders.Add(new FolderTree(entry.FullName, entry.Attributes.HasFlag(FileAttributes.ReparsePoint)));
        else if (!TryFollow((FileInfo)entry, out var file))
            _passedOver.Add(PassedOver.BrokenLink, entry.FullName);
        else
            Take(entry, file);
    }

    private void Take(FileSystemInfo entry, FileInfo content)
    {
        try
        {
            ThrowIfUnreadable(content);
            if (ImageFileNames.IsImage(entry.Name, content, out var reason))
                _images.Add(entry.FullName);
            else
                _passedOver.Add(reason);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _passedOver.Add(PassedOver.Unreadable, entry.FullName);
        }
    }

    /// <summary>Whether a folder is a link to one that it lies in, so that it would have everybody's images.</summary>
    private static bool LeadsUp(FileSystemInfo folder)
    {
        if (!folder.Attributes.HasFlag(FileAttributes.ReparsePoint))
            return false;
        try
        {
            var target = folder.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder.FullName;
            return folder.FullName.StartsWith(
                System.IO.Path.TrimEndingDirectorySeparator(target) + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true; // links in a circle
        }
    }

    private static bool TryFollow(FileInfo file, out FileInfo target)
    {
        target = file;
        try
        {
            if (file.Attributes.HasFlag(FileAttributes.ReparsePoint))
                target = PlainFile.Target(file.FullName);
            return target.Exists;
        }
        catch (IOException) // links in a circle
        {
            return false;
        }
    }

    /// <summary>
    /// Opens only what not everybody may read: opening takes longer than all the rest. An empty file may be a pipe, which would wait for a
    /// writer.
    /// </summary>
    private static void ThrowIfUnreadable(FileInfo file)
    {
        const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        if (!OperatingSystem.IsWindows() && (file.UnixFileMode & Everybody) != Everybody && file.Length > 0)
            File.OpenHandle(file.FullName, share: FileShare.ReadWrite | FileShare.Delete).Dispose();
    }
}
