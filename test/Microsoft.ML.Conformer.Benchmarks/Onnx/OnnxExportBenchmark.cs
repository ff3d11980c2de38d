using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Onnx.Format;
using Microsoft.ML.Conformer.Onnx.Graph;

namespace Microsoft.ML.Conformer.Benchmarks.Onnx;

/// <summary>Exporting a network as ONNX, without a disk: graph, BatchNorm folded, weights streamed to where they are dropped.</summary>
[SimpleJob(RunStrategy.Monitoring, warmupCount: 2, iterationCount: 10), MemoryDiagnoser]
public class OnnxExportBenchmark
{
    private readonly OnnxGraphSettings _settings = new() { ImageHeight = 224, ImageWidth = 224 };
    private ConformerNetwork _network = null!;

    /// <summary>The networks measured.</summary>
    [Params(ConformerVariant.Tiny, ConformerVariant.Small, ConformerVariant.Base)]
    public ConformerVariant Variant { get; set; }

    /// <summary>Builds the network.</summary>
    [GlobalSetup]
    public void Setup() => _network = new ConformerNetwork(ConformerArchitecture.For(Variant));

    /// <summary>Frees the network.</summary>
    [GlobalCleanup]
    public void Cleanup() => _network.Dispose();

    /// <summary>Exports the network.</summary>
    [Benchmark]
    public void Export() => OnnxModelWriter.Write(
        Stream.Null, OnnxExporter.Build(_network.Architecture, new NetworkWeights(_network), _settings));
}
