using System.Globalization;

namespace Microsoft.ML.Conformer.Models;

/// <summary>A network as scoring and saving see it, trained in this process or loaded from a file; ImageSize is in pixels.</summary>
internal abstract record ScorableModel(VisionArchitecture Architecture, int ImageSize, ClassLabels Labels, ScoringColumns Columns)
{
    /// <summary>What the input of the graph that <see cref="ToOnnx"/> gives holds.</summary>
    public abstract OnnxInputKind InputKind { get; }

    /// <summary>The numbers that the graph of <see cref="ToOnnx"/> computes with.</summary>
    public virtual OnnxPrecision Precision => OnnxPrecision.Float32;

    public ImagePreprocessing Preprocessing { get; init; } = Architecture.Preprocessing;

    /// <summary>Whether the images it was trained on were named by their files' paths; it takes any kind of images either way.</summary>
    public bool IsOfFiles { get; init; }

    /// <summary>By what the heads' logits were divided since the training.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>How the network was trained, as JSON; null where nobody says.</summary>
    public string? Recipe { get; init; }

    /// <summary>The network as an ONNX file, which may have its larger weights in <see cref="ExternalDataFolder"/>.</summary>
    public abstract byte[] ToOnnx();

    /// <summary>The network for prepared images of another size, in pixels, as an ONNX file.</summary>
    /// <exception cref="ArgumentException">The network takes no such images.</exception>
    /// <exception cref="InvalidOperationException">The model was loaded from a file without its weights in 32-bit floats.</exception>
    public byte[] ToResizedOnnx(int imageSize) => OnnxModelWriter.ToArray((this with { ImageSize = imageSize })
        .Build(OnnxInputKind.NormalizedNchw, new OnnxExportOptions(), includeClassIndex: false));

    /// <summary>The folder of the file with the larger weights, for networks that exceed 2 GB; null for others.</summary>
    public string? ExternalDataFolder { get; init; }

    /// <summary>Saves the ONNX file that <see cref="ToOnnx"/> gives; replaced only once it is complete.</summary>
    public virtual void SaveOnnx(string path) => SaveOnnx(path, new OnnxExportOptions());

    /// <summary>Writes the ONNX file that <see cref="ToOnnx"/> gives.</summary>
    public virtual void SaveOnnx(Stream destination) => SaveOnnx(destination, new OnnxExportOptions());

    /// <summary>Saves an ONNX file; replaced only once the new one is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What it takes and gives.</param>
    /// <param name="reading">What becomes of calibration images; null for the defaults.</param>
    public void SaveOnnx(string path, OnnxExportOptions options, ScoringOptions? reading = null) =>
        OnnxFile.Write(path, Build(options, reading), options.CancellationToken);

    /// <summary>Writes an ONNX file, which must hold its weights itself.</summary>
    public void SaveOnnx(Stream destination, OnnxExportOptions options, ScoringOptions? reading = null) =>
        OnnxModelWriter.Write(destination, Build(options, reading), external: null, options.CancellationToken);

    /// <summary>Writes the weights as a safetensors file, under their official names.</summary>
    public virtual void SaveWeights(Stream destination) => throw new InvalidOperationException(
        "The model was loaded from an exported file, which has no weights but what became of them: norms are part of the layers before " +
        "them. Save the weights where the model is trained.");

    /// <summary>Writes a file for ML.NET's own transformers: pixels, [N, 3, S, S], to Score and ClassIndex, int64 [N, 1].</summary>
    public virtual void WritePortableOnnx(Stream destination) =>
        OnnxModelWriter.Write(destination, Build(OnnxInputKind.PixelsNchw, new OnnxExportOptions(), includeClassIndex: true));

    /// <summary>A graph of S x S images: output Score, [N, C], and where wanted ClassIndex, int64 [N, 1]; its weights yet unread.</summary>
    public OnnxModel Build(OnnxInputKind input, OnnxExportOptions options, bool includeClassIndex) => AtTemperature(options, new()
    {
        ImageHeight = ImageSize,
        ImageWidth = ImageSize,
        InputKind = input,
        Preprocessing = Preprocessing,
        Options = options,
        IncludeClassIndex = includeClassIndex,
        Labels = Labels.Names,
        LabelType = LabelType.NameFor(Labels),
        Recipe = Recipe,
        Temperature = Temperature * (options.Temperature ?? 1),
        IsOfFiles = IsOfFiles,
        IncludeSlotNames = Labels.AreText,
    });

    protected abstract OnnxModel Build(OnnxGraphSettings settings);

    private OnnxModel AtTemperature(OnnxExportOptions options, OnnxGraphSettings settings)
    {
        var model = Build(settings);
        if (options.Temperature is not { } temperature)
            return model;
        double[] factor = [1 / temperature];
        return model with
        {
            Initializers = [.. model.Initializers.Select(tensor => Architecture.IsHead(tensor.Name)
                ? new OnnxInitializer(tensor.Name, tensor.Shape, tensor.Floats!.ScaleInputs(factor, kernel: 1)) { IsWeight = true }
                : tensor)],
        };
    }

    private OnnxModel Build(OnnxExportOptions options, ScoringOptions? reading)
    {
        options.Check(Architecture);
        var temperature = Temperature * (options.Temperature ?? 1);
        if (!(temperature > 0 && double.IsFinite(temperature)))
            throw new ArgumentException(FormattableString.Invariant(
                $"{nameof(OnnxExportOptions.Temperature)} is {options.Temperature}; the model's own is {Temperature}, and the product ") +
                "is beyond the range of numbers.", nameof(options));
        var input = options.IncludePreprocessing ? OnnxInputKind.PhotosNhwc : OnnxInputKind.NormalizedNchw;
        return InPrecision(Build(input, options, includeClassIndex: false), input, options, reading ?? new());
    }

    private OnnxModel InPrecision(OnnxModel model, OnnxInputKind input, OnnxExportOptions options, ScoringOptions reading)
    {
        switch (options.Precision)
        {
            case OnnxPrecision.Float16:
                return Recording(Float16Graph.Build(model), (OnnxModelMetadata.PrecisionKey, nameof(OnnxPrecision.Float16)));
            case OnnxPrecision.Int8:
                var prepared = new NetworkInput(ImageSize, Preprocessing, input);
                var images = new CalibrationImages(options.CalibrationImages!, Columns.Image, prepared, options.CancellationToken)
                {
                    Decoding = reading.DecodingFor(Preprocessing),
                    BadImages = reading.BadImages ?? BadImagePolicy.Throw,
                };
                var converted = Int8Conversion.Of(model, images.Read);
                return Recording(
                    converted.Model,
                    (OnnxModelMetadata.PrecisionKey, nameof(OnnxPrecision.Int8)),
                    (OnnxModelMetadata.AgreementKey, converted.Agreement.ToString(CultureInfo.InvariantCulture)));
            default:
                return model;
        }
    }

    private static OnnxModel Recording(OnnxModel model, params IEnumerable<(string Key, string Value)> entries) =>
        model with { Metadata = [.. model.Metadata, .. entries.Select(entry => KeyValuePair.Create(entry.Key, entry.Value))] };
}
