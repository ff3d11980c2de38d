namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>A folder for a test's files, gone with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conformer-test-");

    public string Path => _folder.FullName;

    /// <summary>The path of a file or folder in it: names from the outermost to the innermost.</summary>
    public string File(params ReadOnlySpan<string> names) => System.IO.Path.Combine([Path, .. names]);

    public void Dispose() => _folder.Delete(recursive: true);
}
