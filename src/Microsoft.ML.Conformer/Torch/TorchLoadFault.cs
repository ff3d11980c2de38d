using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Conformer.Torch;

/// <summary>Says in plain words why libtorch did not load, and what helps.</summary>
internal static partial class TorchLoadFault
{
    private static readonly string[] _supported = ["linux-x64", "win-x64", "win-arm64", "osx-arm64"];

    /// <summary>In NuGet's words. A distribution's own .NET calls itself by the distribution, such as ubuntu.24.04-x64.</summary>
    public static string ThisSystem
    {
        get
        {
            var name = RuntimeInformation.RuntimeIdentifier;
            var system = OperatingSystem.IsWindows() ? "win"
                : OperatingSystem.IsMacOS() ? "osx"
                : name.Contains("musl", StringComparison.Ordinal) || name.StartsWith("alpine", StringComparison.Ordinal) ? "linux-musl"
                : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>Whether the system's C++ library lacks a version that a library needs.</summary>
    public static bool IsOldLibstdcxx(string loaderMessage) => MissingVersion().IsMatch(loaderMessage);

    public static string Describe(string loaderMessage, string system) =>
        $"libtorch, with which the network is trained, cannot be loaded: {Reason(loaderMessage, system)}";

    private static string Reason(string loaderMessage, string system)
    {
        if (MissingVersion().Match(loaderMessage) is { Success: true } version)
        {
            var user = version.Groups["user"].Value;
            var copy = user.EndsWith("libLibTorchSharp.so", StringComparison.Ordinal)
                ? "The package Microsoft.ML.Conformer puts a copy of this library that does not need it into an app's output when the app is " +
                    "built or published: build the app again with a PackageReference to it, and without ConformerKeepLibTorchSharp. Or use"
                : "Use";
            return $"{version.Groups["library"]} of this system has no {version.Groups["version"]}, which {user} needs. {copy} a system " +
                "with a newer libstdc++ (GCC 13's or later), such as Debian 13, Ubuntu 24.04 or RHEL 10.";
        }
        if (!_supported.Contains(system))
            return $"TorchSharp has no native library for {system}, only for {string.Join(", ", _supported)}. Train on one of these; the " +
                "trained model scores wherever ONNX Runtime runs.";
        if (MissingLibrary().Match(loaderMessage) is { Success: true } missing)
            return $"{missing.Groups["library"]} is missing. Reference the package TorchSharp-cpu 0.107.0 in the app, or only " +
                "libtorch-cpu-linux-x64 2.10.0, or TorchSharp-cuda-linux 0.107.0 for an NVIDIA GPU.";
        if (system.StartsWith("win-", StringComparison.Ordinal))
            return "reference TorchSharp-cpu in the app, or TorchSharp-cuda-windows for an NVIDIA GPU. If one is referenced: TorchSharp " +
                "0.107.0 is reported not to load with its libtorch 2.10.0 on Windows (https://github.com/dotnet/TorchSharp/issues/1567); " +
                $"train on Linux, such as WSL 2. The trained model scores on Windows too. The system said: {loaderMessage}";
        return $"reference TorchSharp-cpu in the app, and see what the system said: {loaderMessage}";
    }

    // glibc: "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)"
    [GeneratedRegex(@"(?<library>\S*libstdc\+\+\S*): version `(?<version>[^']+)' not found \(required by (?<user>[^)]+)\)")]
    private static partial Regex MissingVersion();

    // glibc: "libtorch.so: cannot open shared object file: No such file or directory". With a path before it, it is only one place tried.
    [GeneratedRegex(@"(?m)^(?<library>lib(torch|c10)[^/:\s]*): cannot open shared object file")]
    private static partial Regex MissingLibrary();
}
