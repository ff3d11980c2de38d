namespace Microsoft.ML.Conformer;

/// <summary>
/// What an ONNX file takes and gives beside the defaults. The options may be combined, except <see cref="DynamicImageSize"/> with
/// <see cref="IncludePreprocessing"/>.
/// </summary>
public sealed class OnnxExportOptions
{
    /// <summary>Beyond these the divided weights would leave the range of the numbers that they are stored in.</summary>
    private const double LeastTemperature = 1e-6, MostTemperature = 1e6;

    /// <summary>
    /// Whether images of any height and width are taken, "image" being [N, 3, height, width]. Default false: they have the size that the
    /// network was trained with, which runs faster.
    /// </summary>
    /// <remarks>
    /// Sizes that a Conformer's patches do not divide are padded with zeros after the stem; one with a position embedding has one size
    /// only:
    /// true is an error there. Sizes that a ConTNet's windows do not divide are ONNX Runtime's error when it runs.
    /// </remarks>
    public bool DynamicImageSize { get; set; }

    /// <summary>
    /// Whether the graph prepares the images: "image" is then uint8 [N, height, width, 3], decoded photos (RGB, 0-255) of any size, those
    /// of one call all of the same. Default false: "image" is a prepared image, float [N, 3, S, S].
    /// </summary>
    /// <remarks>
    /// The steps are those of this library: the shorter side is resized (to S / 0.875, antialiased; Conformers bicubic, ConTNets bilinear)
    /// and the center cut out (a photo of S x S is taken as it is), then normalized.
    /// </remarks>
    public bool IncludePreprocessing { get; set; }

    /// <summary>
    /// Whether there is an output "PredictedLabel", string [N]: the most probable class as text, as
    /// <c>ImageClassifierTransformer.ClassNames</c> has it. Default false.
    /// </summary>
    public bool IncludePredictedLabel { get; set; }

    /// <summary>
    /// How many classes, from 1 to all, the outputs "TopScores", float [N, k], and "TopLabels", string [N, k], give: the most probable
    /// ones in falling order. Null (default): there are no such outputs.
    /// </summary>
    public int? TopK { get; set; }

    /// <summary>Other outputs. Default <see cref="OnnxOutputs.None"/>.</summary>
    public OnnxOutputs AdditionalOutputs { get; set; }

    /// <summary>
    /// By what the logits of all heads are divided before the softmax, 0.000001 to 1,000,000: temperature scaling, after which predictions of
    /// probability p are right about p of the time, and which changes no decision (Guo et al., ICML 2017). <see cref="ImageEvaluation.Calibration"/> says which fits. The
    /// heads' weights are divided, so that it costs nothing and holds for all outputs made of them. Null (default): the logits stay as
    /// they are in the model; those of a loaded file may have been divided before.
    /// </summary>
    public double? Temperature { get; set; }

    /// <summary>The numbers that the network computes with. Default <see cref="OnnxPrecision.Float32"/>.</summary>
    public OnnxPrecision Precision { get; set; } = OnnxPrecision.Float32;

    /// <summary>
    /// Photos like those to be scored, in the image column that the model reads, of any size; only <see cref="OnnxPrecision.Int8"/> reads
    /// them, and needs them. Default null.
    /// </summary>
    /// <remarks>
    /// Of more than 256 rows, 256 at equal distances are read. They are read two or three times, and must be the same, in the same order,
    /// each time.
    /// </remarks>
    public IDataView? CalibrationImages { get; set; }

    /// <summary>Ends the export and leaves nothing behind. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal void Check(VisionArchitecture architecture) => OptionFaults.ThrowIfAny([.. Faults(architecture)]);

    internal IEnumerable<string> Faults(VisionArchitecture architecture)
    {
        if (DynamicImageSize && architecture.FixedImageSize is { } size)
            yield return $"{nameof(DynamicImageSize)} is true; the network takes only images of {size} x {size} pixels.";
        if (DynamicImageSize && IncludePreprocessing)
            yield return $"{nameof(DynamicImageSize)} and {nameof(IncludePreprocessing)} are both true; preprocessing takes photos of " +
                "any size and gives the network images of one. Choose one of the two.";
        if (TopK is { } count && (count < 1 || count > architecture.NumClasses))
            yield return $"{nameof(TopK)} is {count}; it must be 1-{architecture.NumClasses}, the number of classes, or null.";
        if ((AdditionalOutputs & ~Enum.GetValues<OnnxOutputs>().Aggregate((all, one) => all | one)) != 0)
            yield return $"{nameof(AdditionalOutputs)} is {AdditionalOutputs}; it must be a combination of " +
                $"{string.Join(", ", Enum.GetNames<OnnxOutputs>())}.";
        if (Temperature is { } temperature && !(temperature >= LeastTemperature && temperature <= MostTemperature))
            yield return FormattableString.Invariant($"{nameof(Temperature)} is {temperature}; it must be {LeastTemperature:R} to ") +
                FormattableString.Invariant($"{MostTemperature:R}, or null.");
        if (!Enum.IsDefined(Precision))
            yield return OptionFaults.NotDefined(nameof(Precision), Precision);
        if (Precision == OnnxPrecision.Int8 && CalibrationImages is null)
            yield return $"{nameof(Precision)} is {Precision} and {nameof(CalibrationImages)} is null; give it photos like those to be " +
                "scored, such as the validation set.";
        const OnnxOutputs maps = OnnxOutputs.FeatureMaps | OnnxOutputs.TokenMaps;
        if ((AdditionalOutputs & maps) != 0 && architecture.MissingFeatureLevels.Any())
            yield return $"{nameof(AdditionalOutputs)} has {AdditionalOutputs & maps}; this network has no map " +
                $"{Maps(architecture.MissingFeatureLevels)}, only {Maps(architecture.FeatureLevels)}.";
        const OnnxOutputs ofClassToken = OnnxOutputs.ClassAttention | OnnxOutputs.TokenMaps;
        if ((AdditionalOutputs & ofClassToken) != 0 && !architecture.HasClassToken)
            yield return $"{nameof(AdditionalOutputs)} has {AdditionalOutputs & ofClassToken}; this network has no class token.";
        if (AdditionalOutputs.HasFlag(OnnxOutputs.ClassActivationMaps) && Precision == OnnxPrecision.Int8)
            yield return $"{nameof(AdditionalOutputs)} has {nameof(OnnxOutputs.ClassActivationMaps)}; {nameof(OnnxPrecision.Int8)} " +
                $"cannot give them. Take {nameof(OnnxPrecision.Float32)} or {nameof(OnnxPrecision.Float16)}.";

        static string Maps(IEnumerable<int> levels) => string.Join(", ", levels.Select(level => $"c{level}"));
    }
}
