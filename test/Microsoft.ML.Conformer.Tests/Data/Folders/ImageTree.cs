using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Data.Folders;

/// <summary>A folder with files for a test of folders: empty ones, as only their names count.</summary>
internal sealed class ImageTree : IDisposable
{
    private static readonly MLContext _context = new(seed: 1);

    private readonly TemporaryFolder _folder = new();

    public ImageTree(params string[] files) => Touch(files);

    public string Path => _folder.Path;

    public string File(params string[] names) => _folder.File(names);

    public void Touch(params string[] files)
    {
        foreach (var file in files)
            Write(file, []);
    }

    /// <summary>Files 1.png to n.png in each folder.</summary>
    public void Fill(int count, params string[] folders)
    {
        foreach (var folder in folders)
            Touch([.. Enumerable.Range(1, count).Select(i => $"{folder}/{i}.png")]);
    }

    public string Write(string file, byte[] content)
    {
        var path = File(file.Split('/'));
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Runs a command of the shell in this folder: for names that .NET cannot write.</summary>
    public void Shell(string command)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Inconclusive("Linux alone has file names that are not UTF-8.");
        var (code, _, error) = ChildProcess.Run(new("bash", ["-c", command]) { WorkingDirectory = Path });
        Assert.AreEqual(0, code, error);
    }

    public void Link(string link, string target, bool toFolder = false)
    {
        try
        {
            if (toFolder)
                Directory.CreateSymbolicLink(File(link.Split('/')), target);
            else
                System.IO.File.CreateSymbolicLink(File(link.Split('/')), target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Assert.Inconclusive($"Links cannot be made here: {exception.Message}");
        }
    }

    public ImageSplits Split(ImageFolderOptions? options = null) => _context.Data.LoadImageSplits(Path, options);

    public ImageSplits SplitManifest(string name) => _context.Data.LoadImageSplits(File(name));

    /// <summary>The rows of a view as "path|label", the path below this folder.</summary>
    public string[] Rows(IDataView? view) =>
    [
        .. view!.GetColumn<string>("ImagePath").Zip(view!.GetColumn<string>("Label"), (path, label) =>
            $"{System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/')}|{label}"),
    ];

    public string[] Classes(ImageFolderOptions? options = null) => Rows(_context.Data.LoadFromImageFolder(Path, options));

    /// <summary>What the log says when the folder is loaded.</summary>
    public string Log()
    {
        var context = new MLContext();
        var lines = new List<string>();
        context.Log += (_, message) => lines.Add(message.RawMessage);
        context.Data.LoadFromImageFolder(Path);
        return lines.Single(line => line.Contains("classes", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}
