namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>What is at a path but is no file, or a file that has no end for practical purposes.</summary>
internal static class HostilePlaces
{
    private const long SparseBytes = 10_000_000_000;

    public static IEnumerable<HostileModel> All() =>
    [
        .. ((string[])[".zip", ".onnx", ".pth", ".safetensors"]).Select(extension => Sparse($"sparse{extension}", [], SparseBytes)),
        Sparse("sparse-zip.zip", "PK\x3\x4"u8.ToArray(), SparseBytes),
        Sparse("sparse-pickle.pth", [0x80, 2], SparseBytes),
        Sparse("sparse-safetensors.safetensors", [0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0, (byte)'{'], SparseBytes),
        Sparse("sparse-2gb.onnx", [0x3A, 0xF0, 0xFF, 0xFF, 0xFF, 0x7], int.MaxValue), // a graph that fills the file
        new("pipe.onnx", "a pipe", path => SpecialFile.Pipe(path)),
        new("folder.onnx", "a folder", path => Directory.CreateDirectory(path)),
        Link("zero.onnx", "a device", "/dev/zero"),
        Link("null.onnx", "a device", "/dev/null"),
        Link("standard-input.onnx", "", "/dev/stdin"),
        Link("memory.onnx", "", "/proc/self/mem"),
        Link("nothing.onnx", "", "absent"),
        Link("itself.onnx", "", "itself.onnx"),
        Link("linked-pipe.onnx", "a pipe", "fifo"),
        new("nothing", "", _ => { }),
        new("no-bytes.onnx", "", Array.Empty<byte>),
    ];

    private static HostileModel Sparse(string name, byte[] start, long length) => new(name, "", path =>
    {
        using var file = File.Create(path);
        file.Write(start);
        file.SetLength(length);
    });

    private static HostileModel Link(string name, string says, string target) =>
        new(name, says, path => File.CreateSymbolicLink(path, target));
}
