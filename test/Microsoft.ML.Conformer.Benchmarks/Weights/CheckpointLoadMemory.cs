using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Support;
using Microsoft.ML.Conformer.Weights;

namespace Microsoft.ML.Conformer.Benchmarks.Weights;

/// <summary>
/// Peak resident memory of loading Conformer-B from a file, over the size of its tensors; what the tensors are loaded into is part of it,
/// so 1 is the least possible. The peak is a process's, so each way of loading gets a process of its own.
/// </summary>
internal static class CheckpointLoadMemory
{
    private const string ReadTensors = nameof(ReadTensors), LoadNetwork = nameof(LoadNetwork);
    private const double BytesPerMegabyte = 1e6;
    private const int Success = 0, BadArguments = 2;

    private static readonly ConformerArchitecture _architecture = ConformerArchitecture.For(ConformerVariant.Base);

    /// <summary>As little as has all kinds of tensors: what it loads once need not be told from what loading costs.</summary>
    private static readonly ConformerArchitecture _small = new() { ChannelRatio = 0.25, EmbedDim = 24, NumHeads = 2, Depth = 3 };

    /// <summary>Without arguments, measures all ways; with a way and a file, that one in this process.</summary>
    public static int Run(string[] args) => args switch
    {
        [] => MeasureAll(),
        [ReadTensors or LoadNetwork, var file] => Measure(args[0], file),
        _ => Usage(),
    };

    private static int MeasureAll()
    {
        using var folder = new TemporaryFolder();
        var program = typeof(CheckpointLoadMemory).Assembly.Location;
        foreach (var name in (string[])[SyntheticCheckpoint.TorchName, SyntheticCheckpoint.SafetensorsName])
        {
            var file = folder.File(name);
            SyntheticCheckpoint.Write(file, _architecture);
            foreach (var way in (string[])[ReadTensors, LoadNetwork])
            {
                using var process = Process.Start(Environment.ProcessPath!, [program, "memory", way, file]);
                process.WaitForExit();
                if (process.ExitCode != Success)
                    return process.ExitCode;
            }
        }
        return Success;
    }

    private static int Measure(string way, string file)
    {
        WarmUp(way, Path.GetExtension(file));
        GC.Collect();
        var before = ResidentBytes(process => process.WorkingSet64);
        var loaded = Load(way, file, _architecture);
        var growth = ResidentBytes(process => process.PeakWorkingSet64) - before;
        GC.KeepAlive(loaded);

        var tensors = SyntheticCheckpoint.TensorBytes(_architecture);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Path.GetFileName(file),-16} {way,-12} peak growth {growth / BytesPerMegabyte:0} MB, " +
            $"{(double)growth / tensors:0.000} x the tensors' {tensors / BytesPerMegabyte:0} MB"));
        return Success;
    }

    /// <summary>Loads libtorch and compiles the code on the way, which would count otherwise.</summary>
    private static void WarmUp(string way, string extension)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File($"small{extension}");
        SyntheticCheckpoint.Write(file, _small);
        (Load(way, file, _small) as IDisposable)?.Dispose();
    }

    private static object Load(string way, string path, ConformerArchitecture architecture)
    {
        if (way == LoadNetwork)
        {
            var network = new ConformerNetwork(architecture);
            using var weights = PretrainedWeights.Open(path, architecture);
            new NetworkWeights(network).CopyFrom(weights.Plan);
            return network;
        }
        using var file = CheckpointFile.Open(path);
        return file.Tensors.Select(tensor => file.Read(tensor.Name)).ToList();
    }

    private static long ResidentBytes(Func<Process, long> read)
    {
        using var process = Process.GetCurrentProcess();
        return read(process);
    }

    private static int Usage()
    {
        Console.Error.WriteLine($"usage: memory [{ReadTensors}|{LoadNetwork} FILE]");
        return BadArguments;
    }
}
