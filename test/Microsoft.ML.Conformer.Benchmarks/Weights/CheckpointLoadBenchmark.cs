using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Support;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Benchmarks.Weights;

/// <summary>
/// Loading Conformer-B (83 M parameters, 333 MB) against reading the file's bytes and copying them. Everything is read into memory that
/// is there and was touched before, so that no way pays for fresh pages; the file lies in the system's file cache.
/// </summary>
[SimpleJob(RunStrategy.Monitoring, warmupCount: 10, iterationCount: 20), MedianColumn, MinColumn]
public class CheckpointLoadBenchmark
{
    private readonly ConformerArchitecture _architecture = ConformerArchitecture.For(ConformerVariant.Base);
    private TemporaryFolder _folder = null!;
    private string _path = null!;
    private byte[] _bytes = null!;
    private byte[] _copy = null!;
    private Dictionary<string, float[]> _tensors = null!;
    private ConformerNetwork _network = null!;

    /// <summary>The container; both hold the same tensors.</summary>
    [Params(SyntheticCheckpoint.TorchName, SyntheticCheckpoint.SafetensorsName)]
    public string File { get; set; } = "";

    /// <summary>Writes the file.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _folder = new TemporaryFolder();
        _path = _folder.File(File);
        SyntheticCheckpoint.Write(_path, _architecture);
        _bytes = new byte[new FileInfo(_path).Length];
        _copy = new byte[_bytes.Length];
        _tensors = _architecture.StateDict().ToDictionary(tensor => tensor.Name, tensor => new float[tensor.Count]);
        _network = new ConformerNetwork(_architecture);
    }

    /// <summary>Deletes the file.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _network.Dispose();
        _folder.Dispose();
    }

    /// <summary>Reads the file and copies what was read.</summary>
    [Benchmark(Baseline = true)]
    public byte ReadAndCopyBytes()
    {
        using (var handle = System.IO.File.OpenHandle(_path))
            for (var done = 0; done < _bytes.Length;)
                done += RandomAccess.Read(handle, _bytes.AsSpan(done), done);
        _bytes.CopyTo(_copy, 0);
        return _copy[^1];
    }

    /// <summary>Reads every tensor of the file into an array, check sums included.</summary>
    [Benchmark]
    public void ReadTensors()
    {
        using var file = CheckpointFile.Open(_path);
        foreach (var tensor in file.Tensors)
            file.CopyTo(tensor.Name, _tensors[tensor.Name]);
    }

    /// <summary>Loads the file into a network: names matched, shapes and values checked.</summary>
    [Benchmark]
    public void LoadNetwork()
    {
        using var weights = PretrainedWeights.Open(_path, _architecture);
        new NetworkWeights(_network).CopyFrom(weights.Plan);
    }
}
