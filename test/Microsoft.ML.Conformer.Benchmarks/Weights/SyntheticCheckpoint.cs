using System.IO.Compression;
using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Weights.Torch;
using Microsoft.ML.Conformer.Weights.Safetensors;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Benchmarks.Weights;

/// <summary>Files of an architecture's initial weights, as published checkpoints have them. Written a tensor at a time.</summary>
internal static class SyntheticCheckpoint
{
    /// <summary>A state dict in PyTorch's zip container, every tensor with a storage of its own.</summary>
    public const string TorchName = "base.pth";

    /// <summary>The same tensors as safetensors.</summary>
    public const string SafetensorsName = "base.safetensors";

    /// <summary>Writes the file; its extension tells the format.</summary>
    public static void Write(string path, ConformerArchitecture architecture)
    {
        using var network = new ConformerNetwork(architecture);
        var weights = new NetworkWeights(network);
        NetworkTensor[] layout = [.. architecture.StateDict()];
        if (Path.GetExtension(path) == Path.GetExtension(SafetensorsName))
            SafetensorsWriter.Write(path, layout, weights);
        else
            WriteTorch(path, layout, weights);
    }

    /// <summary>Bytes that an architecture's tensors take in a file.</summary>
    public static long TensorBytes(ConformerArchitecture architecture) =>
        architecture.StateDict().Sum(tensor => tensor.Count * (tensor.IsBatchCounter ? sizeof(long) : sizeof(float)));

    private static void WriteTorch(string path, NetworkTensor[] layout, NetworkWeights weights)
    {
        var pickle = new PickleWriter().Global("collections", "OrderedDict").Code(")R(");
        for (var i = 0; i < layout.Length; i++)
        {
            var tensor = layout[i];
            pickle.Text(tensor.Name).Tensor(
                tensor.IsBatchCounter ? "LongStorage" : "FloatStorage", $"{i}", tensor.Count, 0, tensor.Shape,
                TorchFile.Strides([.. tensor.Shape]));
        }

        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        WriteEntry(archive, "archive/data.pkl", pickle.Code("u").Stop());
        for (var i = 0; i < layout.Length; i++)
        {
            var values = weights.Read(layout[i].Name);
            WriteEntry(archive, $"archive/data/{i}", layout[i].IsBatchCounter
                ? MemoryMarshal.AsBytes<long>(Array.ConvertAll(values, value => (long)value))
                : MemoryMarshal.AsBytes<float>(values));
        }
    }

    private static void WriteEntry(ZipArchive archive, string name, ReadOnlySpan<byte> bytes)
    {
        using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
        entry.Write(bytes);
    }
}
