namespace Microsoft.ML.Conformer;

/// <summary>
/// Knowledge distillation: the network learns from the labels and from another classifier's probabilities for its images (Hinton et al.,
/// "Distilling the Knowledge in a Neural Network", 2015; Touvron et al., "Training data-efficient image transformers &amp; distillation
/// through attention" (DeiT), 2021). For networks and sizes that have no published weights.
/// </summary>
public sealed class DistillationOptions
{
    /// <summary>
    /// A fitted classifier: an ImageClassifierTransformer (LoadImageClassifier reads one) or any chain that takes the image column as
    /// MLImage, asks for no other column, and gives <see cref="TeacherScoreColumnName"/>. Null (default): there is none.
    /// </summary>
    /// <remarks>
    /// It stays the caller's, who disposes it after training. Where its scores' slots have names they must be those of the training
    /// classes, in any order; else the order of the training classes is taken for granted. A checkpoint describes its type, not what it
    /// has learned: a run that goes on must have the same teacher.
    /// </remarks>
    public ITransformer? Teacher { get; set; }

    /// <summary>Name of the teacher's column with the class probabilities, a vector of Single. Default "Score".</summary>
    public string TeacherScoreColumnName { get; set; } = ScoringColumns.DefaultScore;

    /// <summary>
    /// Whether the teacher's scores are logits, which most ONNX classifiers of others give, and become probabilities by a softmax. Default
    /// false.
    /// </summary>
    public bool TeacherGivesLogits { get; set; }

    /// <summary>What is learned from the teacher. Default <see cref="DistillationKind.Soft"/>.</summary>
    public DistillationKind Kind { get; set; } = DistillationKind.Soft;

    /// <summary>
    /// T, above 0 to 1000: the higher, the more the teacher's small probabilities count, with <see cref="DistillationKind.Soft"/>. Default
    /// 3, as in
    /// DeiT's paper.
    /// </summary>
    public double Temperature { get; set; } = 3;

    /// <summary>The teacher's share of the loss, 0-1; the labels have the rest. Default 0.5.</summary>
    public double Weight { get; set; } = 0.5;

    /// <summary>What the teacher sees of an image. Default <see cref="TeacherInput.Augmented"/>, as in DeiT.</summary>
    public TeacherInput TeacherInput { get; set; } = TeacherInput.Augmented;

    /// <summary>Beyond it all classes are as probable, and the loss, which has its square, is out of range.</summary>
    private const double HighestTemperature = 1000;

    internal DistillationOptions Copy() => (DistillationOptions)MemberwiseClone();

    /// <summary>What the trained weights follow from, by the options' names; of the teacher no more than its type is told.</summary>
    internal IEnumerable<(string Name, object? Value)> Influences() =>
    [
        (nameof(Teacher), Teacher), (nameof(TeacherScoreColumnName), TeacherScoreColumnName),
        (nameof(TeacherGivesLogits), TeacherGivesLogits), (nameof(Kind), Kind), (nameof(Temperature), Temperature),
        (nameof(Weight), Weight), (nameof(TeacherInput), TeacherInput),
    ];

    /// <summary>What is out of range, one sentence for each.</summary>
    internal IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(TeacherScoreColumnName))
            yield return $"{nameof(TeacherScoreColumnName)} is empty; it must name a column.";
        if (!Enum.IsDefined(Kind))
            yield return OptionFaults.NotDefined(nameof(Kind), Kind);
        if (!(Temperature is > 0 and <= HighestTemperature))
            yield return FormattableString.Invariant($"{nameof(Temperature)} is {Temperature}; it must be above 0 and at most {HighestTemperature}.");
        if (!(Weight is >= 0 and <= 1))
            yield return FormattableString.Invariant($"{nameof(Weight)} is {Weight}; it must be 0-1.");
        if (!Enum.IsDefined(TeacherInput))
            yield return OptionFaults.NotDefined(nameof(TeacherInput), TeacherInput);
    }
}

/// <summary>What a network learns from its teacher.</summary>
public enum DistillationKind
{
    /// <summary>
    /// All probabilities: the Kullback-Leibler divergence of the network's from the teacher's, both at the temperature T, times its
    /// square, so that the gradients keep their size (Hinton et al.).
    /// </summary>
    Soft,

    /// <summary>The most probable class, as if it were the label (DeiT).</summary>
    Hard,
}

/// <summary>What a teacher sees of an image.</summary>
public enum TeacherInput
{
    /// <summary>
    /// What the network sees: the augmented image, of the network's size, but not yet mixed with another one: the teacher's scores are
    /// mixed as labels are. The teacher then scores each batch, beside training. Where
    /// crops are not random (CropAreaMin is 1), or a frozen network's features are kept, it is as <see cref="Original"/>.
    /// </summary>
    Augmented,

    /// <summary>
    /// The whole image as training keeps it, its shorter side at most 2.9 times the network's, once, before training: much faster, and the
    /// same probabilities for all its crops.
    /// </summary>
    Original,
}
