using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Microsoft.ML.Conformer.Weights;
using Microsoft.ML.Conformer.Weights.Checkpoints;
using Microsoft.ML.Conformer.Weights.Torch;

namespace Microsoft.ML.Conformer.Tests.Weights.Torch;

/// <summary>Makes small checkpoint files in memory, as PyTorch's two containers.</summary>
internal static class TorchFile
{
    /// <summary>A state dict of contiguous fp32 tensors, each with its own storage.</summary>
    public static byte[] StateDict(IReadOnlyList<(string Name, long[] Shape)> tensors, bool legacy = false)
    {
        var pickle = new PickleWriter().Global("collections", "OrderedDict").Code(")R(");
        for (var i = 0; i < tensors.Count; i++)
            pickle.Text(tensors[i].Name)
                .Tensor("FloatStorage", $"{i}", Count(tensors[i].Shape), 0, tensors[i].Shape, Strides(tensors[i].Shape), legacy);
        var bytes = pickle.Code("u").Stop();
        var storages = tensors.Select((tensor, i) =>
            ($"{i}", Floats(Enumerable.Range(0, (int)Count(tensor.Shape)).Select(j => i + 0.25f * j))));
        return legacy ? Legacy(bytes, 4, [.. storages]) : Zip(bytes, [.. storages]);
    }

    /// <summary>A state dict of any size in a few kilobytes: all elements of all tensors are one number.</summary>
    public static byte[] Constant(IEnumerable<NetworkTensor> tensors) =>
        Zip(AddConstant(new PickleWriter(), tensors, storage: "0").Stop(), ("0", Floats([0.01f])));

    /// <summary>A checkpoint of two such state dicts: under 'model', all 0.01, and under 'model_ema', all 0.02.</summary>
    public static byte[] ConstantAndAverage(IReadOnlyList<NetworkTensor> tensors)
    {
        var pickle = AddConstant(new PickleWriter().Code("}(").Text("model"), tensors, storage: "0");
        pickle = AddConstant(pickle.Text("model_ema"), tensors, storage: "1").Code("u");
        return Zip(pickle.Stop(), ("0", Floats([0.01f])), ("1", Floats([0.02f])));
    }

    /// <summary>A checkpoint as mmdetection writes it, of such a state dict and, in meta.CLASSES, names.</summary>
    public static byte[] ConstantWithClasses(IEnumerable<NetworkTensor> tensors, params IEnumerable<string> classes) =>
        ConstantWithClasses(tensors, isOfVersion3: false, classes);

    /// <summary>As <see cref="ConstantWithClasses(IEnumerable{NetworkTensor}, IEnumerable{string})"/>, of mmdetection 2 or 3.</summary>
    public static byte[] ConstantWithClasses(IEnumerable<NetworkTensor> tensors, bool isOfVersion3, params IEnumerable<string> classes)
    {
        var pickle = new PickleWriter().Code("}(").Text("meta").Code("}(").Text("epoch").Integer(12);
        if (isOfVersion3)
            pickle.Text("dataset_meta").Code("}(").Text("classes");
        else
            pickle.Text("CLASSES");
        pickle.Code("(");
        foreach (var name in classes)
            pickle.Text(name);
        pickle.Code(isOfVersion3 ? "tuu" : "tu").Text("state_dict");
        return Zip(AddConstant(pickle, tensors, storage: "0").Code("u").Stop(), ("0", Floats([0.01f])));
    }

    /// <summary>The zip container around a pickle.</summary>
    public static byte[] Zip(byte[] pickle, params (string Key, byte[] Bytes)[] storages) =>
        ZipOf([("archive/data.pkl", pickle), .. storages.Select(storage => ($"archive/data/{storage.Key}", storage.Bytes))]);

    /// <summary>A zip archive of entries as they are.</summary>
    public static byte[] ZipOf(
        IEnumerable<(string Name, byte[] Bytes)> entries, CompressionLevel compression = CompressionLevel.NoCompression)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, bytes) in entries)
            {
                using var entry = archive.CreateEntry(name, compression).Open();
                entry.Write(bytes);
            }
        return stream.ToArray();
    }

    /// <summary>The legacy container around a pickle; all storages have elements of the same size.</summary>
    public static byte[] Legacy(byte[] pickle, int elementSize, params (string Key, byte[] Bytes)[] storages)
    {
        using var stream = new MemoryStream();
        stream.Write([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.']);
        stream.Write(new PickleWriter().Code("M").Raw(0xe9, 0x03).Stop());
        stream.Write(new PickleWriter().Code("}").Text("little_endian").Raw(0x88).Code("s").Stop());
        stream.Write(pickle);
        var keys = new PickleWriter().Code("](");
        foreach (var (key, _) in storages)
            keys.Text(key);
        stream.Write(keys.Code("e").Stop());
        var count = new byte[8];
        foreach (var (_, bytes) in storages)
        {
            BinaryPrimitives.WriteInt64LittleEndian(count, bytes.Length / elementSize);
            stream.Write(count);
            stream.Write(bytes);
        }
        return stream.ToArray();
    }

    public static byte[] Floats(IEnumerable<float> values) => MemoryMarshal.AsBytes<float>(values.ToArray()).ToArray();

    public static CheckpointFile Open(byte[] bytes, bool average = false) =>
        CheckpointFile.Open(ByteSource.FromMemory("test.pth", bytes), average);

    /// <summary>Opens a file in memory and reads all that it holds.</summary>
    public static Dictionary<string, float[]> ReadAll(byte[] bytes)
    {
        using var file = Open(bytes);
        return file.Tensors.ToDictionary(tensor => tensor.Name, tensor => file.Read(tensor.Name));
    }

    private static PickleWriter AddConstant(PickleWriter pickle, IEnumerable<NetworkTensor> tensors, string storage)
    {
        pickle.Code("}(");
        foreach (var tensor in tensors)
            pickle.Text(tensor.Name).Tensor("FloatStorage", storage, 1, 0, tensor.Shape, tensor.Shape.Select(_ => 0L));
        return pickle.Code("u");
    }

    public static long Count(IEnumerable<long> shape) => shape.Aggregate(1L, (a, b) => a * b);

    public static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        for (var (d, stride) = (shape.Length - 1, 1L); d >= 0; stride *= shape[d--])
            strides[d] = stride;
        return strides;
    }
}
