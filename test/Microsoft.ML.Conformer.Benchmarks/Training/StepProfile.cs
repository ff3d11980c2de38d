using System.Diagnostics;
using Microsoft.ML.Conformer.Benchmarks.Scoring;
using Microsoft.ML.Conformer.Benchmarks.Suite;
using Microsoft.ML.Conformer.Hosting;
using Microsoft.ML.Conformer.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Benchmarks.Training;
