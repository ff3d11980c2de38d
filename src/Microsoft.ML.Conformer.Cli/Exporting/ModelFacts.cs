using System.Text.Json.Serialization;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Onnx;
using Microsoft.ML.Conformer.Onnx.Format;

namespace Conformer.Cli.Exporting;

/// <summary>What a model file says of itself, which the library has found true.</summary>
internal sealed record ModelFacts
{
    private readonly ImagePreprocessing _preprocessing;

    public ModelFacts(string file, ScorableModel model)
    {
        var content = OnnxContent.Read(model.ToOnnx());
        var (architecture, metadata) = (model.Architecture, OnnxModelMetadata.Parse(content.Metadata));
        (File, Bytes) = (file, new FileInfo(file).Length);
        (Network, Variant) = (NetworkNames.KindOf(architecture), NetworkNames.VariantOf(architecture, model.ImageSize));
        var layers = architecture.Layers(model.ImageSize, model.ImageSize).ToList();
        (Parameters, Macs) = (layers.Sum(layer => layer.Parameters), layers.Sum(layer => layer.Macs));
        (Classes, ImageSize, _preprocessing) = (model.Labels.Names, model.ImageSize, model.Preprocessing);
        (Precision, Temperature) = (model.Precision, model.Temperature);
        Agreement = content.Metadata.GetValueOrDefault(OnnxModelMetadata.AgreementKey);
        var ends = OnnxFacts.Of(content);
        (Inputs, Outputs) = (ends.Inputs, ends.Outputs);
        PreparesImages = model.InputKind == OnnxInputKind.PhotosNhwc;
        Embeddings = [.. architecture.Heads.Select(head => new Embedding(head.EmbeddingName, head.Width))];
        FeatureMaps = [.. architecture.FeatureLevels.Select(level => $"c{level}")];
        HasFeatures = Explains = model.Precision == OnnxPrecision.Float32;
        (Producer, Version) = (content.Header.ProducerName, metadata.LibraryVersion);
        (IrVersion, Opset) = (content.Header.IrVersion, content.Header.OpsetImport.FirstOrDefault(set => set.Domain is "")?.Version);
        Recipe = model.Recipe;
    }

    public string Kind => "model";

    public string File { get; }

    public long Bytes { get; }

    public string Network { get; }

    /// <summary>The published variant; null for another shape.</summary>
    public string? Variant { get; }

    public long Parameters { get; }

    /// <summary>Multiplications with accumulation for one image.</summary>
    public long Macs { get; }

    public IReadOnlyList<string> Classes { get; }

    /// <summary>Height and width in pixels.</summary>
    public int ImageSize { get; }

    public int ShorterSide => _preprocessing.ShorterSide(ImageSize);

    public string Interpolation => _preprocessing.Interpolation;

    public IReadOnlyList<float> Mean => _preprocessing.Mean;

    public IReadOnlyList<float> Std => _preprocessing.Std;

    public ImageBackground Background => _preprocessing.Background;

    /// <summary>Whether the graph itself does all that.</summary>
    public bool PreparesImages { get; }

    public OnnxPrecision Precision { get; }

    /// <summary>Of 8-bit files: on what fraction of the calibration images they agree with the network in 32-bit floats.</summary>
    public string? Agreement { get; }

    public double Temperature { get; }

    public IReadOnlyList<OnnxFacts.Value> Inputs { get; }

    public IReadOnlyList<OnnxFacts.Value> Outputs { get; }

    /// <summary>Whether ExtractFeatures gives the embeddings and feature maps below.</summary>
    public bool HasFeatures { get; }

    public IReadOnlyList<Embedding> Embeddings { get; }

    public IReadOnlyList<string> FeatureMaps { get; }

    /// <summary>Whether `conformer explain` shows where it looks.</summary>
    public bool Explains { get; }

    public string Producer { get; }

    public string Version { get; }

    public long IrVersion { get; }

    public long? Opset { get; }

    /// <summary>How it was trained, as JSON; null where the file does not say.</summary>
    public string? Recipe { get; }

    [JsonIgnore]
    private string Preparation => FormattableString.Invariant(
        $"shorter side to {ShorterSide} pixels ({Interpolation}), center of {ImageSize} x {ImageSize}; ") +
        $"{Background.ToString().ToLowerInvariant()} behind transparent pixels; mean {Numbers(Mean)}, deviation {Numbers(Std)}" +
        (PreparesImages ? "; done by the graph" : "");

    /// <param name="listsClasses">Whether all classes are listed, a line for each, or the first few are named.</param>
    public IEnumerable<(string Name, string Text)> Lines(bool listsClasses)
    {
        yield return ("file", VisibleText.OfPath(File));
        yield return ("size", Facts.Size(Bytes));
        yield return ("network", Variant ?? $"{Network} of no published variant");
        yield return ("parameters", FormattableString.Invariant($"{Parameters / 1e6:0.0} M; {Macs / 1e9:0.00} G MACs for an image"));
        yield return ("images", $"{ImageSize} x {ImageSize} pixels");
        yield return ("prepared", Preparation);
        yield return ("precision", Precision.ToString().ToLowerInvariant() +
            (Agreement is { } agreement ? $"; agrees with float32 on {VisibleText.Of(agreement)} of the calibration images" : ""));
        yield return ("temperature", FormattableString.Invariant($"{Temperature:0.####}"));
        foreach (var line in new OnnxFacts(null, null, null, Inputs, Outputs).Ends())
            yield return line;
        yield return ("features", HasFeatures
            ? $"{string.Join(", ", Embeddings.Select(one => $"{one.Name} [{one.Width}]").Concat(FeatureMaps))}"
            : "none: they need 32-bit floats");
        yield return ("explain", Explains ? "shows where it looks" : "shows nothing: it needs 32-bit floats");
        yield return ("recipe", Recipe is null ? "not in the file" : "in the file (--json shows it)");
        yield return ("written by", $"{VisibleText.Of(Producer)} {VisibleText.Of(Version)}; IR {IrVersion}, opset {Opset}");
        if (!listsClasses)
            yield return ("classes", $"{Facts.Count(Classes.Count)}: {VisibleText.List([.. Classes])}");
        else
            foreach (var name in Classes)
                yield return ("classes", VisibleText.Of(name));
    }

    private static string Numbers(IEnumerable<float> values) =>
        string.Join(" ", values.Select(value => FormattableString.Invariant($"{value:0.###}")));

    internal sealed record Embedding(string Name, int Width);
}
