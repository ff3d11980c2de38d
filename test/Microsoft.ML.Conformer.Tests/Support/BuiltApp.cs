using System.Reflection;

namespace Microsoft.ML.Conformer.Tests.Support;

/// <summary>Programs that are built with the tests and run as processes of their own.</summary>
internal static class BuiltApp
{
    /// <summary>The assembly of a program. The build wrote where it is, from the test project's folder on.</summary>
    /// <param name="key">The program's key in the test assembly's metadata.</param>
    public static string Find(string key)
    {
        var path = typeof(BuiltApp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == key).Value!;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var found = Path.GetFullPath(Path.Combine(folder.FullName, path));
            if (File.Exists(found))
                return found;
        }
        throw new FileNotFoundException($"'{path}' is in no folder above '{AppContext.BaseDirectory}'; build the solution.");
    }
}
