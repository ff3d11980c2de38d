using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Microsoft.ML.Conformer.Benchmarks;

/// <summary>
/// Benchmarks run in this process: the projects that BenchmarkDotNet would generate see neither the central package versions nor the
/// choice of native binaries.
/// </summary>
internal sealed class BenchmarkConfig : ManualConfig
{
    private static readonly TimeSpan _timeout = TimeSpan.FromHours(1);

    public BenchmarkConfig()
    {
        Add(DefaultConfig.Instance);
        ArtifactsPath = Path.Combine("artifacts", "benchmarks");
        AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(_timeout, logOutput: true)).AsDefault());
        AddColumn(new PerImageColumn());
    }
}
