using System.CommandLine;
using Microsoft.ML.Conformer.Data.Folders;
using Microsoft.ML.Conformer.Models;

namespace Conformer.Cli.Exporting;

/// <summary>The options of an ONNX file: those of <see cref="OnnxExportOptions"/>, as the command line spells them.</summary>
internal sealed class ExportArguments
{
    private readonly Option<OnnxPrecision> _precision = new Option<OnnxPrecision>("--precision")
    {
        Description = "Numbers to compute with: float32; float16, for GPUs; or int8, a quarter of the size, for CPUs.",
        HelpName = "WORD",
        DefaultValueFactory = _ => OnnxPrecision.Float32,
    }.OneOf();

    private readonly Option<FileSystemInfo?> _calibrationImages = new Option<FileSystemInfo?>("--calibration-images")
    {
        Description = "Of int8: photos like those to be scored; a folder or manifest as `eval` takes it, of which the validation images " +
            "are taken, or else all.",
        HelpName = "DATA",
    };

    private readonly Option<bool> _includePreprocessing = new("--include-preprocessing")
    {
        Description = "The graph takes photos of any size, uint8 [N, height, width, 3].",
    };

    private readonly Option<bool> _dynamicImageSize = new("--dynamic-image-size")
    {
        Description = "The graph takes prepared images of any height and width.",
    };

    private readonly Option<bool> _includePredictedLabel = new("--include-predicted-label")
    {
        Description = "Give the most probable class as text, too.",
    };

    private readonly Option<int?> _topK = new Option<int?>("--top-k")
    {
        Description = "Give so many of the most probable classes and their scores, too.",
    }.Between(1, int.MaxValue);

    private readonly Option<string?> _additionalOutputs = new("--additional-outputs")
    {
        Description = $"Give these, too, with commas between: {string.Join(", ", _outputs.Keys)}.",
        HelpName = "WORDS",
    };

    private readonly Option<double?> _temperature = new Option<double?>("--temperature")
    {
        Description = "Divide the logits by it, so that probabilities mean what they say.",
    }.Within(1e-6, 1e6);

    private readonly Option<bool> _skipBadImages = new("--skip-bad-images")
    {
        Description = "Leave out calibration images that cannot be used; without it they are an error.",
    };

    private static readonly Dictionary<string, OnnxOutputs> _outputs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["head-logits"] = OnnxOutputs.HeadLogits,
        ["embeddings"] = OnnxOutputs.Embeddings,
        ["feature-maps"] = OnnxOutputs.FeatureMaps,
        ["attention-maps"] = OnnxOutputs.AttentionMaps,
        ["class-activation-maps"] = OnnxOutputs.ClassActivationMaps,
        ["class-attention"] = OnnxOutputs.ClassAttention,
        ["token-maps"] = OnnxOutputs.TokenMaps,
    };

    public ExportArguments(Command command)
    {
        _calibrationImages.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !Path.Exists(token.Value)))
                result.AddError($"{_calibrationImages.Name}: there is no file or folder '{VisibleText.OfPath(token.Value)}'.");
        });
        _additionalOutputs.Validators.Add(result =>
        {
            foreach (var word in result.Tokens.SelectMany(token => Words(token.Value)).Where(word => !_outputs.ContainsKey(word)))
                result.AddError(
                    $"{_additionalOutputs.Name} must be some of {string.Join(", ", _outputs.Keys)}, not '{VisibleText.Of(word)}'.");
        });
        foreach (var option in (Option[])
            [
                _precision, _calibrationImages, _skipBadImages, _temperature, _includePreprocessing, _dynamicImageSize,
                _includePredictedLabel, _topK, _additionalOutputs,
            ])
            command.Options.Add(option);
    }

    /// <exception cref="ArgumentException">An option is given that a page sets itself.</exception>
    public void ThrowIfNotForPages(ParseResult parsed)
    {
        foreach (var option in (Option[])
            [_includePreprocessing, _dynamicImageSize, _includePredictedLabel, _topK, _additionalOutputs])
            if (parsed.GetResult(option) is { Implicit: false })
                throw new ArgumentException($"{option.Name} is not for a page, which chooses what its model takes and gives.");
    }

    /// <exception cref="ArgumentException">They do not fit the model or each other; the message lists all faults.</exception>
    public OnnxExportOptions Options(
        MLContext mlContext, ParseResult parsed, ScorableModel model, bool isForPage, CancellationToken cancellation)
    {
        var precision = parsed.GetValue(_precision);
        if (model.Precision != OnnxPrecision.Float32)
            throw new ArgumentException(
                $"MODEL: its weights are {model.Precision.ToString().ToLowerInvariant()}, of which no other file is made. Name one of it " +
                "with float32.");
        if (precision == OnnxPrecision.Int8 && parsed.GetValue(_calibrationImages) is null)
            throw new ArgumentException(
                $"{_precision.Name} int8 needs photos like those to be scored: name them with {_calibrationImages.Name}.");
        if (precision != OnnxPrecision.Int8 && parsed.GetValue(_calibrationImages) is not null)
            throw new ArgumentException($"{_calibrationImages.Name} is for {_precision.Name} int8.");
        if (parsed.GetValue(_dynamicImageSize) && parsed.GetValue(_includePreprocessing))
            throw new ArgumentException(
                $"{_dynamicImageSize.Name} and {_includePreprocessing.Name} exclude each other: preprocessing takes photos of any size " +
                "and gives the network images of one.");
        var options = new OnnxExportOptions
        {
            Precision = precision,
            CalibrationImages = parsed.GetValue(_calibrationImages) is { } data ? Calibration(mlContext, data.FullName) : null,
            Temperature = parsed.GetValue(_temperature),
            IncludePreprocessing = isForPage || parsed.GetValue(_includePreprocessing),
            DynamicImageSize = parsed.GetValue(_dynamicImageSize),
            IncludePredictedLabel = parsed.GetValue(_includePredictedLabel),
            TopK = parsed.GetValue(_topK),
            AdditionalOutputs = Words(parsed.GetValue(_additionalOutputs)).Aggregate(
                OnnxOutputs.None, (all, word) => all | _outputs[word]),
            CancellationToken = cancellation,
        };
        if (options.Faults(model.Architecture).ToList() is { Count: > 0 } faults)
            throw new ArgumentException(string.Join(" ", faults.Select(InWords)));
        return options;
    }

    /// <summary>What becomes of calibration images.</summary>
    public ScoringOptions Reading(ParseResult parsed) =>
        new() { BadImages = parsed.GetValue(_skipBadImages) ? BadImagePolicy.Skip : BadImagePolicy.Throw };

    private IDataView Calibration(MLContext mlContext, string path) => mlContext.Data.LoadFromEnumerable(
        Work.Open(_calibrationImages.Name, () => EvaluatedImages.Has(path, DataPart.Validation)
            ? EvaluatedImages.Load(path, ImagePartChoice.Validation)
            : EvaluatedImages.Load(path, ImagePartChoice.All)));

    private static string[] Words(string? text) =>
        text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>A fault of the library's options in the words of these.</summary>
    private string InWords(string fault)
    {
        (string OfLibrary, string OfCommand)[] words =
        [
            ($"{nameof(OnnxExportOptions.DynamicImageSize)} is true;", $"{_dynamicImageSize.Name}:"),
            ($"{nameof(OnnxExportOptions.TopK)} is", $"{_topK.Name} is"),
            ("the number of classes, or null.", "the number of classes."),
            ($"{nameof(OnnxExportOptions.AdditionalOutputs)} has", $"{_additionalOutputs.Name} has"),
            .. _outputs.Select(output => (output.Value.ToString(), output.Key)),
            .. Enum.GetNames<OnnxPrecision>().Select(name => (name, name.ToLowerInvariant())),
        ];
        return words.Aggregate(fault, (text, word) => text.Replace(word.OfLibrary, word.OfCommand, StringComparison.Ordinal));
    }
}
