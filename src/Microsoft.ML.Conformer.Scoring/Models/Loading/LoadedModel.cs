namespace Microsoft.ML.Conformer.Models.Loading;

/// <summary>A network out of an ONNX file that this library wrote.</summary>
internal sealed record LoadedModel : ScorableModel
{
    private readonly byte[] _onnx;
    private readonly OnnxModelMetadata _metadata;
    private ByteSource? _externalData;

    private LoadedModel(byte[] onnx, OnnxModelMetadata metadata, ClassLabels labels, ScoringColumns columns)
        : base(metadata.Architecture, metadata.ImageHeight, labels, columns) =>
        (_onnx, _metadata, Preprocessing, Recipe, Temperature, IsOfFiles) =
            (onnx, metadata, metadata.Preprocessing, metadata.Recipe, metadata.Temperature, metadata.IsOfFiles);

    public override OnnxInputKind InputKind => _metadata.InputKind;

    public override OnnxPrecision Precision => _metadata.Precision;

    /// <summary>Reads a network; nothing of what is read is run, and only the weights' values are kept.</summary>
    /// <param name="source">The file; not needed any more afterward.</param>
    /// <param name="columns">Names of the columns read and added.</param>
    /// <param name="externalDataFolder">The folder of the file with the larger weights, which may be read; null for none.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="FormatException">It is none, or damaged, or of another graph than this library writes.</exception>
    public static LoadedModel Read(
        ByteSource source, ScoringColumns columns, string? externalDataFolder = null, CancellationToken cancellation = default)
    {
        var file = OnnxContent.Read(source, cancellation);
        if (file.Header.ProducerName != OnnxModel.Producer)
            throw new FormatException(
                $"It is an ONNX file that another program wrote (its producer is '{VisibleText.Of(file.Header.ProducerName)}', " +
                $"not '{OnnxModel.Producer}').");
        file.VerifyChecksum(cancellation);
        var metadata = OnnxModelMetadata.Parse(file.Metadata);
        CheckNetwork(metadata);
        var names = metadata.Labels is null ? null : LabelType.Restore(metadata.Labels, metadata.LabelType);
        if (names?.Faults().FirstOrDefault() is { } fault)
            throw new FormatException($"Its classes cannot be told apart: {fault}");

        var data = metadata.ExternalData is { } name ? ExternalFile(name, externalDataFolder) : null;
        try
        {
            var model = RebuiltModel.Of(file, metadata, data, cancellation);
            var external = metadata.ExternalData is null ? null : new OnnxExternalData(metadata.ExternalData, model);
            // ONNX Runtime reads this file by itself, and takes what is damaged or not finite.
            var checksum = external?.Write(Stream.Null, cancellation);
            if (metadata.ExternalChecksum is { } expected && checksum != expected)
                throw new FormatException(
                    $"The checksum of its weights, '{VisibleText.OfPath(data!.Name)}', is wrong: that file is damaged, or of another " +
                    "model.");
            var onnx = OnnxModelWriter.ToArray(model, external, source.Whole, cancellation);
            // Only now is it known that the network has as many classes as the file says.
            var labels = names ?? ClassLabels.Numbered(metadata.Architecture.NumClasses);
            return new LoadedModel(onnx, metadata, labels, columns)
            {
                _externalData = data,
                ExternalDataFolder = data is null ? null : Path.GetDirectoryName(data.Name),
            };
        }
        catch (Exception e)
        {
            data?.Dispose();
            if (e is OnnxExportException)
                throw new FormatException(e.Message, e);
            throw;
        }
    }

    public override byte[] ToOnnx() => _onnx;

    public override void SaveOnnx(string path)
    {
        if (_externalData is null)
            AtomicFile.Write(path, SaveOnnx);
        else
            OnnxFile.Write(path, Stored());
    }

    public override void SaveOnnx(Stream destination)
    {
        if (_externalData is null)
            destination.Write(_onnx);
        else
            OnnxModelWriter.Write(destination, Stored());
    }

    public override void WritePortableOnnx(Stream destination)
    {
        if (InputKind == OnnxInputKind.PixelsNchw && _externalData is null &&
            OnnxContent.Read(_onnx).Outputs.Any(output => output.Name == GraphNames.ClassIndex))
            destination.Write(_onnx);
        else
            base.WritePortableOnnx(destination);
    }

    protected override OnnxModel Build(OnnxGraphSettings settings)
    {
        try
        {
            return OnnxExporter.Rebuild(Stored(), _metadata, settings);
        }
        catch (OnnxExportException e)
        {
            throw new InvalidOperationException(
                $"The model was loaded from a file from which no other can be made. {e.Message} Take a file of it in 32-bit " +
                $"floats, such as {nameof(ImageClassifierTransformer.SaveAsOnnx)} writes by default.", e);
        }
    }

    /// <summary>The network as it is stored, without what is said of the file with its larger weights.</summary>
    private OnnxModel Stored()
    {
        var model = RebuiltModel.Of(OnnxContent.Read(_onnx), _metadata, _externalData);
        return model with
        {
            Metadata = [.. model.Metadata.Where(entry =>
            entry.Key is not (OnnxExternalData.MetadataKey or OnnxExternalData.ChecksumKey))]
        };
    }

    /// <summary>The file with the larger weights: beside the ONNX file by name, but opened only where the caller says so.</summary>
    private static ByteSource ExternalFile(string name, string? folder)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().IndexOfAny("/\\:\0") >= 0)
            throw new FormatException($"Its weights are said to be in '{VisibleText.Of(name)}', which is no name of a file beside it.");
        if (folder is null)
            throw new FormatException(
                $"Its weights are in a file of their own, '{VisibleText.Of(name)}', which is read only where " +
                $"{nameof(WeightFileOptions)}.{nameof(WeightFileOptions.ExternalDataFolder)} names the folder that it is in.");
        var path = Path.Combine(Path.GetFullPath(folder), name);
        if (!File.Exists(path))
            throw new FormatException($"Its weights are missing: there is no file '{VisibleText.OfPath(path)}'.");
        if (new FileInfo(path).LinkTarget is not null)
            throw new FormatException($"Its weights, '{VisibleText.OfPath(path)}', are a link, which is not followed.");
        return ByteSource.OpenFile(path);
    }

    /// <summary>What a file says of its network must make sense before anything is computed from it.</summary>
    private static void CheckNetwork(OnnxModelMetadata metadata)
    {
        List<string> faults = [.. metadata.Architecture.Faults()];
        if (faults.Count == 0)
            faults.AddRange(metadata.Preprocessing.Faults(metadata.Architecture.InputChannels));
        if (metadata.Architecture.InputChannels != RgbImage.Channels)
            faults.Add($"Its images have {metadata.Architecture.InputChannels} channels; only {RgbImage.Channels} can be scored here.");
        if (faults.Count > 0)
            throw new FormatException("What its metadata says of the network cannot be. " + string.Join(" ", faults));
        if (metadata.ImageHeight != metadata.ImageWidth || metadata.ImageHeight is < 1 or > ImagePreprocessor.MaxImageSize)
            throw new FormatException(
                $"Its images are {metadata.ImageHeight} x {metadata.ImageWidth} pixels; only square ones up to " +
                $"{ImagePreprocessor.MaxImageSize} pixels can be scored here.");
        if (metadata.Labels is { } names && names.Count != metadata.Architecture.NumClasses)
            throw new FormatException($"It names {names.Count} classes, but its network has {metadata.Architecture.NumClasses}.");
        if (!Enum.IsDefined(metadata.InputKind))
            throw new FormatException($"Its input is {metadata.InputKind}, which this version does not know.");
    }
}
