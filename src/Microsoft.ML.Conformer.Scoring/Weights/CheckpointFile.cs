using System.Buffers.Binary;

namespace Microsoft.ML.Conformer.Weights;

/// <summary>The containers that weights come in: torch.save's since PyTorch 1.6, its earlier one, and safetensors.</summary>
internal enum CheckpointFormat { TorchZip, TorchLegacy, Safetensors }

/// <summary>
/// An opened weight file: named tensors in the file's order under the file's own names, read one at a time as fp32. The content, not the
/// name, tells the format. Opening reads names and shapes only, and runs nothing of what a pickle asks for. Reads may be concurrent.
/// </summary>
internal sealed class CheckpointFile : IWeightSource, IDisposable
{
    private readonly ByteSource _source;
    private readonly Dictionary<string, CheckpointTensor> _byName = new(StringComparer.Ordinal);
    private volatile bool _disposed;

    private CheckpointFile(ByteSource source, bool average)
    {
        _source = source;
        Format = Detect(source);
        (Tensors, Note, ClassNames) = Format switch
        {
            CheckpointFormat.Safetensors => (SafetensorsReader.Open(source), StateDict.NoAverage(average), null),
            CheckpointFormat.TorchZip => StateDict.Read(source.Name, ZipContainer.Open(source), average),
            _ => StateDict.Read(source.Name, LegacyContainer.Open(source), average),
        };
        foreach (var tensor in Tensors)
            if (!_byName.TryAdd(tensor.Name, tensor))
                throw new CheckpointFormatException(source.Name, "the name occurs twice.", tensor.Name);
    }

    public string Name => _source.Name;

    public CheckpointFormat Format { get; }

    public IReadOnlyList<CheckpointTensor> Tensors { get; }

    /// <summary>Which of the file's weights the tensors are, as a sentence; null where there is no choice.</summary>
    public string? Note { get; }

    /// <summary>The classes that the file names beside its weights, as they are there; null where it names none.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <param name="path">The file.</param>
    /// <param name="average">Whether a moving average of the weights is taken where the file has plain ones too.</param>
    public static CheckpointFile Open(string path, bool average = false) => Open(ByteSource.OpenFile(path), average);

    /// <summary>Opens what <paramref name="source"/> holds, and owns it from now on, also where this fails.</summary>
    public static CheckpointFile Open(ByteSource source, bool average = false)
    {
        try
        {
            return new CheckpointFile(source, average);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether a file begins as one of weights does, rather than an ONNX file or a zip of ML.NET's. It may still be damaged.
    /// </summary>
    public static bool IsOne(string path)
    {
        using var source = ByteSource.OpenFile(path);
        return IsOne(source);
    }

    /// <inheritdoc cref="IsOne(string)"/>
    public static bool IsOne(ByteSource source)
    {
        try
        {
            return Detect(source) switch
            {
                CheckpointFormat.Safetensors => SafetensorsReader.IsOne(source),
                CheckpointFormat.TorchZip => ZipContainer.IsOne(source),
                _ => LegacyContainer.IsOne(source),
            };
        }
        catch (CheckpointFormatException)
        {
            return false;
        }
    }

    public bool Contains(string name) => _byName.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => Find(name).Shape;

    public float[] Read(string name)
    {
        var tensor = Find(name);
        if (tensor.Count > Array.MaxLength)
            throw new CheckpointFormatException(Name, $"its {tensor.Count} elements are more than an array can hold.", name);
        var values = GC.AllocateUninitializedArray<float>((int)tensor.Count);
        CopyTo(name, values);
        return values;
    }

    /// <summary>Reads a tensor's values in row-major order into <paramref name="destination"/>, of the tensor's length.</summary>
    public void CopyTo(string name, Span<float> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        TensorReader.Read(Find(name), Name, destination);
    }

    public void Dispose()
    {
        _disposed = true;
        _source.Dispose();
    }

    private CheckpointTensor Find(string name) =>
        _byName.GetValueOrDefault(name)
            ?? throw new KeyNotFoundException($"'{VisibleText.OfPath(Name)}' has no tensor '{VisibleText.Of(name)}'.");

    private static CheckpointFormat Detect(ByteSource source)
    {
        const uint zipEntry = 0x04034b50, zipEnd = 0x06054b50;
        const byte pickleProtocol = 0x80;
        const int tarMagicOffset = 257;

        Span<byte> start = stackalloc byte[tarMagicOffset + 5];
        start = start[..(int)Math.Min(start.Length, source.Length)];
        source.Read(0, start);
        if (start.Length < 9)
            throw new CheckpointFormatException(source.Name, $"it has {start.Length} bytes; that is too few for any checkpoint.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(start) is zipEntry or zipEnd)
            return CheckpointFormat.TorchZip;
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (start[8] == (byte)'{' && (start[0] != pickleProtocol || headerLength <= (ulong)CheckpointLimits.MaxSafetensorsHeaderBytes))
            return CheckpointFormat.Safetensors;
        if (start[0] == pickleProtocol)
            return CheckpointFormat.TorchLegacy;
        if (start.Length > tarMagicOffset && start[tarMagicOffset..].SequenceEqual("ustar"u8))
            throw new CheckpointFormatException(
                source.Name, "it is a tar archive, as PyTorch wrote them before 0.1.10; load it with a newer PyTorch and save it anew.");
        throw new CheckpointFormatException(
            source.Name, "it is neither a PyTorch checkpoint (zip or legacy) nor a safetensors file. Is the download complete?");
    }
}
