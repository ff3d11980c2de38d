using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Native;

/// <summary>Finds the native library: in the folder that TORCH_BOXED_DIR names, beside the app, or in its runtimes folder.</summary>
internal static class LibraryResolver
{
    public const string LibraryName = "torch_boxed";
    private const string FolderVariable = "TORCH_BOXED_DIR";

    public static void Register() => NativeLibrary.SetDllImportResolver(typeof(LibraryResolver).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != LibraryName)
            return 0;
        var file = $"lib{LibraryName}.so";
        var architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        var runtime = Path.Combine("runtimes", $"linux-{architecture}", "native", file);
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? Path.Combine(folder, file) : null,
            Path.Combine(AppContext.BaseDirectory, file),
            Path.Combine(AppContext.BaseDirectory, runtime),
            Path.Combine(Path.GetDirectoryName(assembly.Location) is { Length: > 0 } beside ? beside : AppContext.BaseDirectory, runtime),
        ];
        foreach (var candidate in candidates)
            if (File.Exists(candidate))
                return NativeLibrary.Load(candidate);
        if (NativeLibrary.TryLoad(name, assembly, path, out var handle))
            return handle;
        throw new NotSupportedException(
            $"No native libtorch backend was found ({file}). Reference the package TorchSharp-cpu or TorchSharp-cuda-linux in the app.");
    }
}
