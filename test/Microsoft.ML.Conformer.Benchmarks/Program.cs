// Benchmarks, whose results go to artifacts/benchmarks/ in the current folder, and measurements that BenchmarkDotNet does not make.
//
// build/bench.sh runs `suite`, which runs many of the others.
//
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- --filter '*Photo*'
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- score --variant Tiny --precision Int8 --batch 8
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- profile --variant Tiny --precision Int8 --by node
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- peak --by libtorch --of convolution --type BFloat16
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- step --variant Tiny --precision BFloat16
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- step-profile --variant Tiny --precision BFloat16
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- detector --way step --head MaskRcnn --width 1344 --height 800
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- resnet --data flowers
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- accuracy --data flowers --recipe recipe.json --seeds 0,1,2
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- transfer --source cifar10 --data flowers --weights
// w.safetensors
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- data --data flowers/train --caching Decode
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- odd --data nasty --rounds 100
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- localization --size 224 --epochs 40
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- mislabeled --model model.onnx --data flowers/val --seeds 0,1,2
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- calibration --model model.onnx --data flowers
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- serving --model model.onnx --data flowers
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- wrk --clients 64
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- memory
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- callers
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- startup
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- portable model.zip photos
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- forms model.zip photos
//   dotnet run -c Release --project test/Microsoft.ML.Conformer.Benchmarks -- layer --form Dynamic --rows 197 --in 384 --out 1536
//   mpirun -n 2 --bind-to none dotnet run -c Release --no-build --project test/Microsoft.ML.Conformer.Benchmarks -- ranks
//
// --list flat lists the benchmarks, --warmupCount 1 --iterationCount 1 tries them out; any argument of BenchmarkDotNet's works.
// Set OMP_NUM_THREADS to the number of cores.
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Microsoft.ML.Conformer.Benchmarks;
using Microsoft.ML.Conformer.Benchmarks.Detection;
using Microsoft.ML.Conformer.Benchmarks.Evaluation;
using Microsoft.ML.Conformer.Benchmarks.Scoring;
using Microsoft.ML.Conformer.Benchmarks.Serving;
using Microsoft.ML.Conformer.Benchmarks.Suite;
using Microsoft.ML.Conformer.Benchmarks.Training;
using Microsoft.ML.Conformer.Benchmarks.Weights;

return args switch
{
    ["memory", .. var way] => CheckpointLoadMemory.Run(way),
    ["callers", .. var count] => ConcurrentCallers.Run(count),
    ["startup", .. var files] => StartupTime.Run(files),
    ["portable", .. var files] => PortableAgreement.Run(files),
    ["resnet", .. var options] => ResNetTeacher.Run(options),
    ["detector", .. var options] => Task.Run(() => DetectorTimes.Run(options)).Result,
    ["step-profile", .. var options] => StepProfile.Run(options),
    ["suite", .. var options] => BenchmarkSuite.Run(options),
    ["peak", .. var options] => MachinePeak.Run(options),
    ["score", .. var options] => ScoringTimes.Run(options),
    ["layer", .. var options] => LayerTimes.Run(options),
    ["profile", .. var options] => OperatorProfile.Run(options),
    ["forms", .. var files] => ExportedForms.Run(files),
    ["accuracy", .. var options] => Accuracy.Run(options),
    ["transfer", .. var options] => TransferModes.Run(options),
    ["localization", .. var options] => GeneratedLocalization.Run(options),
    ["mislabeled", .. var options] => SwappedLabels.Run(options),
    ["calibration", .. var options] => CalibrationOfHalves.Run(options),
    ["wrk", .. var options] => WrkLoad.Run(options),
    ["serving", .. var options] => ServingLoad.Run(options),
    ["odd", .. var options] => OddFiles.Run(options),
    ["data", .. var options] => DataPasses.Run(options),
    ["ranks", .. var device] => RankSums.Run(device),
    ["step", .. var options] => Task.Run(() => StepTimes.Run(options)).Result, // as apps do, on a thread of the pool
    [var command, ..] when !command.StartsWith('-') => Unknown(command),
    _ => RunBenchmarks(args),
};

static int Unknown(string command)
{
    Console.Error.WriteLine($"There is no measurement '{command}'.");
    return 2;
}

// Apart, so that measurements of a process's start do not load BenchmarkDotNet.
static int RunBenchmarks(string[] args) =>
    BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(args, new BenchmarkConfig()).All(Succeeded) ? 0 : 1;

static bool Succeeded(Summary summary) => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success);
