using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>What was measured on.</summary>
internal static class Machine
{
    /// <summary>The processor, its vector instructions, memory, and the versions of the libraries that compute.</summary>
    public static string Description
    {
        get
        {
            var cpu = ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
            var flags = ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "";
            var vectors = ((string[])["avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8"])
                .Where(flag => flags.Split(' ').Contains(flag));
            var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
            return string.Create(CultureInfo.InvariantCulture,
                $"{Environment.ProcessorCount} processors ({cpu?.Split(':')[1].Trim() ?? "unknown"}: {string.Join(", ", vectors)}), ") +
                string.Create(CultureInfo.InvariantCulture, $"{memory:0} GB; {RuntimeInformation.FrameworkDescription}, ") +
                $"Microsoft.ML {Version(typeof(MLContext))}, TorchSharp {Version(typeof(torch))}, " +
                $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}.";
        }
    }

    private static string Version(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', '-')[0];

    private static string[] ReadLines(string file) => File.Exists(file) ? File.ReadAllLines(file) : [];
}
