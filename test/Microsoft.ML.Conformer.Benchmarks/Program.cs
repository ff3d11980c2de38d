// Benchmarks, and the memory that loading a checkpoint takes; results go to artifacts/benchmarks/ in the current folder.
//
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- --filter '*TrainingStep*'
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- memory
//
// --list flat lists the benchmarks, --warmupCount 1 --iterationCount 1 tries them out; any argument of BenchmarkDotNet's works.
// Set OMP_NUM_THREADS to the number of cores, and OMP_WAIT_POLICY=passive on a machine that others use too.
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Microsoft.ML.Conformer.Benchmarks;
using Microsoft.ML.Conformer.Benchmarks.Weights;

return args is ["memory", .. var way]
    ? CheckpointLoadMemory.Run(way)
    : BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(args, new BenchmarkConfig()).All(Succeeded) ? 0 : 1;

static bool Succeeded(Summary summary) => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success);
