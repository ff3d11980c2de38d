namespace Microsoft.ML.Conformer.Tests.Data;

/// <summary>Finds real photos and broken files: in the folder shared/data beside the repository.</summary>
internal static class SharedData
{
    /// <summary>A folder of shared/data; the test is inconclusive where it is absent.</summary>
    public static string FolderOrInconclusive(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "data", name);
            if (Directory.Exists(path))
                return path;
        }
        Assert.Inconclusive($"There is no folder shared/data/{name} beside the repository.");
        return "";
    }
}
