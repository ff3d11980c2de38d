namespace Microsoft.ML.Conformer.Models;

/// <summary>A network out of an ONNX file that this library wrote.</summary>
internal sealed record LoadedModel : ScorableModel
{
    private readonly byte[] _onnx;
    private readonly OnnxModelMetadata _metadata;

    private LoadedModel(byte[] onnx, OnnxModelMetadata metadata, ClassLabels labels, ScoringColumns columns)
        : base(metadata.Architecture, metadata.ImageHeight, labels, columns) =>
        (_onnx, _metadata, Preprocessing, Recipe, IsOfFiles) =
            (onnx, metadata, metadata.Preprocessing, metadata.Recipe, metadata.IsOfFiles);

    public override OnnxInputKind InputKind => _metadata.InputKind;

    /// <param name="onnx">The file; kept, not copied.</param>
    /// <param name="columns">Names of the columns read and added.</param>
    public static LoadedModel Read(byte[] onnx, ScoringColumns columns)
    {
        var entries = ModelHeader.Read(onnx).Metadata;
        if (entries.TryGetValue(OnnxExternalData.MetadataKey, out var data))
            throw new FormatException(
                $"Its weights are in a file of their own, '{data}', as they exceed 2 GB; such a network can be opened by its path with " +
                "ONNX Runtime's InferenceSession, but not here.");
        var metadata = OnnxModelMetadata.Parse(entries);
        var classCount = metadata.Architecture.NumClasses;
        CheckNetwork(metadata, onnx.Length);
        if (metadata.ImageHeight != metadata.ImageWidth || metadata.ImageHeight is < 1 or > ImagePreprocessor.MaxImageSize)
            throw new FormatException(
                $"Its images are {metadata.ImageHeight} x {metadata.ImageWidth} pixels; only square ones up to " +
                $"{ImagePreprocessor.MaxImageSize} pixels can be scored here.");
        if (metadata.Labels is { } names && names.Count != classCount)
            throw new FormatException($"It names {names.Count} classes, but its network has {classCount}.");
        if (!Enum.IsDefined(metadata.InputKind))
            throw new FormatException($"Its input is {metadata.InputKind}, which this version does not know.");
        var labels = metadata.Labels is null ? ClassLabels.Numbered(classCount) : LabelType.Restore(metadata.Labels, metadata.LabelType);
        return new LoadedModel(onnx, metadata, labels, columns);
    }

    public override byte[] ToOnnx() => _onnx;

    public override void SaveOnnx(string path) => AtomicFile.Write(path, SaveOnnx);

    public override void SaveOnnx(Stream destination) => destination.Write(_onnx);

    public override void WritePortableOnnx(Stream destination)
    {
        if (InputKind == OnnxInputKind.PixelsNchw && ModelHeader.Read(_onnx).Outputs.Contains(GraphNames.ClassIndex))
            destination.Write(_onnx);
        else
            base.WritePortableOnnx(destination);
    }

    protected override OnnxModel Build(OnnxGraphSettings settings)
    {
        try
        {
            return OnnxExporter.Rebuild(_onnx, _metadata, settings);
        }
        catch (Exception e) when (e is FormatException or OnnxExportException)
        {
            throw new InvalidOperationException(
                $"The model was loaded from a file from which no other can be made. {e.Message} Take a file of it in 32-bit " +
                $"floats, such as {nameof(ImageClassifierTransformer.SaveAsOnnx)} writes by default.", e);
        }
    }

    /// <summary>What a file says of its network must make sense before anything is computed from it.</summary>
    private static void CheckNetwork(OnnxModelMetadata metadata, long fileLength)
    {
        List<string> faults = [.. metadata.Architecture.Faults()];
        if (faults.Count == 0)
            faults.AddRange(metadata.Preprocessing.Faults(metadata.Architecture.InputChannels));
        if (metadata.Architecture.InputChannels != RgbImage.Channels)
            faults.Add($"Its images have {metadata.Architecture.InputChannels} channels; only {RgbImage.Channels} can be scored here.");
        // Each class takes more than a byte of weights.
        if (metadata.Architecture.NumClasses > fileLength)
            faults.Add($"There are {metadata.Architecture.NumClasses} classes in a file of {fileLength} bytes.");
        if (faults.Count > 0)
            throw new FormatException("What its metadata says of the network cannot be. " + string.Join(" ", faults));
    }
}
