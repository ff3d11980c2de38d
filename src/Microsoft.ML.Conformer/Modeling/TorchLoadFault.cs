using System.Text.RegularExpressions;

namespace Microsoft.ML.Conformer.Modeling;

/// <summary>Says in plain words why libtorch did not load, and what helps.</summary>
internal static partial class TorchLoadFault
{
    /// <summary>Runtime identifiers that TorchSharp has a native library for.</summary>
    private static readonly string[] _supported = ["linux-x64", "win-x64", "win-arm64", "osx-arm64"];

    /// <summary>Whether the system's C++ library lacks a version that a library needs.</summary>
    public static bool IsOldLibstdcxx(string loaderMessage) => MissingVersion().IsMatch(loaderMessage);

    /// <param name="loaderMessage">What the system's loader said, as <see cref="DllNotFoundException"/> has it.</param>
    /// <param name="runtimeIdentifier">The process's runtime identifier, such as linux-x64.</param>
    public static string Describe(string loaderMessage, string runtimeIdentifier) =>
        $"libtorch, with which the network is trained, cannot be loaded: {Reason(loaderMessage, runtimeIdentifier)}";

    private static string Reason(string loaderMessage, string runtimeIdentifier)
    {
        if (MissingVersion().Match(loaderMessage) is { Success: true } version)
        {
            return $"{version.Groups["library"]} of this system has no {version.Groups["version"]}, which " +
                $"{version.Groups["user"]} needs. The package Microsoft.ML.Conformer gives an app a copy of TorchSharp's library that does without it, when the app is " +
                "built or published: build the app anew with a PackageReference to it and without ConformerKeepLibTorchSharp. Or take a " +
                "system with GCC 13's libstdc++ or a later one, such as Debian 13, Ubuntu 24.04 or RHEL 10.";
        }
        if (!_supported.Contains(runtimeIdentifier))
        {
            return $"TorchSharp has no native library for {runtimeIdentifier}, only for {string.Join(", ", _supported)}. Train on one of " +
                "these; the trained model scores wherever ONNX Runtime runs.";
        }
        if (MissingLibrary().Match(loaderMessage) is { Success: true } missing)
        {
            return $"{missing.Groups["library"]} is missing. Reference the package libtorch-cpu-linux-x64 2.10.0 or TorchSharp-cpu " +
                "0.107.0 in the app, or TorchSharp-cuda-linux 0.107.0 for an NVIDIA GPU.";
        }
        if (runtimeIdentifier.StartsWith("win-", StringComparison.Ordinal))
        {
            return "reference TorchSharp-cpu, or TorchSharp-cuda-windows for an NVIDIA GPU, in the app. If one is referenced: TorchSharp " +
                "0.107.0 does not load with its libtorch 2.10.0 on Windows (https://github.com/dotnet/TorchSharp/issues/1567); train on " +
                $"Linux, such as WSL 2. The trained model scores on Windows too. The system said: {loaderMessage}";
        }
        return "reference TorchSharp-cpu in the app, or TorchSharp-cuda-linux for an NVIDIA GPU; and see what the system said: " +
            loaderMessage;
    }

    // glibc: "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)"
    [GeneratedRegex(@"(?<library>\S*libstdc\+\+\S*): version `(?<version>[^']+)' not found \(required by (?<user>[^)]+)\)")]
    private static partial Regex MissingVersion();

    // glibc: "libtorch.so: cannot open shared object file: No such file or directory"; the libraries looked for by path are not meant.
    [GeneratedRegex(@"(?m)^(?<library>lib(torch|c10)[^/:\s]*): cannot open shared object file")]
    private static partial Regex MissingLibrary();
}
