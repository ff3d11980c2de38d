using System.Numerics.Tensors;

namespace Microsoft.ML.Conformer;

/// <summary>What a network sees in an image: its classes, and maps of where it looks. Made by <see cref="ImageExplainer"/>.</summary>
/// <remarks>
/// The maps are of the part of the image that the network sees: the center, as the model prepares images. It serializes to JSON as it is.
/// </remarks>
public sealed class ImageExplanation
{
    private readonly IReadOnlyList<string> _classNames;
    private readonly NetworkMaps _maps;
    private readonly int _class;

    internal ImageExplanation(
        string? path, RgbImage picture, IReadOnlyList<string> classNames, int topK, NetworkMaps maps, int? classIndex = null)
    {
        (Path, Picture, _classNames, TopK, _maps) = (path, picture, classNames, topK, maps);
        Predictions = Best(maps.Logits, topK);
        Branches = [.. maps.Heads.Select(head => new BranchPrediction(head.Branch, Best(head.Logits.Span, 1)[0]))];
        _class = classIndex ?? TensorPrimitives.IndexOfMax<float>(maps.Logits);
        Probability = Logits.Softmax(maps.Logits)[_class];
        Maps = maps.Of(_class);
        Stages = maps.Stages;
    }

    /// <summary>The image's file; null where it came otherwise.</summary>
    public string? Path { get; }

    /// <summary>The class whose maps these are: the most probable one, or the one asked for.</summary>
    public string Class => _classNames[_class];

    /// <summary>Its probability, 0-1.</summary>
    public float Probability { get; }

    /// <summary>The most probable classes, in falling order.</summary>
    public IReadOnlyList<ClassProbability> Predictions { get; }

    /// <summary>What each branch says alone: "conv", and "tran" of a Conformer.</summary>
    public IReadOnlyList<BranchPrediction> Branches { get; }

    /// <summary>
    /// <see cref="ImageMapKind.ClassActivation"/>, and of a Conformer <see cref="ImageMapKind.AttentionRollout"/>,
    /// <see cref="ImageMapKind.ClassAttention"/> and <see cref="ImageMapKind.Coupled"/>.
    /// </summary>
    public IReadOnlyList<ImageMap> Maps { get; }

    /// <summary>
    /// The branches stage by stage: "c2" ... "c5" and of a Conformer "t2" ... "t5"; empty where they were not asked for, and of networks
    /// with less than four stages or a depth of 3.
    /// </summary>
    public IReadOnlyList<ImageMap> Stages { get; }

    /// <summary>What the network sees, upright, at the size of the pictures.</summary>
    internal RgbImage Picture { get; }

    private int TopK { get; }

    /// <summary>The same for another class; the network does not run again.</summary>
    /// <param name="className">One of the model's classes.</param>
    /// <exception cref="ArgumentException">The model has no such class; the message lists those that it has.</exception>
    public ImageExplanation For(string className)
    {
        ArgumentNullException.ThrowIfNull(className);
        var index = _classNames.ToList().IndexOf(className);
        return index >= 0 ? new(Path, Picture, _classNames, TopK, _maps, index) : throw new ArgumentException(
            $"The model has no class '{VisibleText.Of(className)}'; its classes are {VisibleText.List(_classNames)}.", nameof(className));
    }

    /// <summary>One of the <see cref="Maps"/>.</summary>
    /// <exception cref="ArgumentException">This network has no such map.</exception>
    public ImageMap Map(ImageMapKind kind) => Maps.FirstOrDefault(map => map.Kind == kind) ?? throw new ArgumentException(
        $"This network has no map {kind}, only {string.Join(", ", Maps.Select(map => map.Kind))}.", nameof(kind));

    /// <summary>Saves the image with a map over it as a PNG file, which appears when it is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">One of the <see cref="Maps"/>.</param>
    /// <exception cref="ArgumentException">This network has no such map.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void SaveOverlay(string path, ImageMapKind kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var png = ToOverlay(kind);
        AtomicFile.Write(path, stream => stream.Write(png));
    }

    /// <summary>The image with a map over it as a PNG file's content.</summary>
    /// <inheritdoc cref="SaveOverlay" path="/param[@name='kind']"/>
    /// <exception cref="ArgumentException">This network has no such map.</exception>
    public byte[] ToOverlay(ImageMapKind kind) => MapOverlay.Of(Picture, Map(kind)).ToPng();

    private List<ClassProbability> Best(ReadOnlySpan<float> logits, int count)
    {
        var probabilities = Logits.Softmax(logits);
        return [.. Rank(logits).Take(count).Select(index => new ClassProbability(_classNames[index], probabilities[index]))];
    }

    /// <summary>Class indices, the highest logit first, of equal ones the first class.</summary>
    private static int[] Rank(ReadOnlySpan<float> logits)
    {
        var values = logits.ToArray();
        return [.. Enumerable.Range(0, values.Length).OrderByDescending(index => values[index])];
    }
}

/// <summary>A class and how probable it is.</summary>
/// <param name="Class">The class's name.</param>
/// <param name="Probability">0-1.</param>
public sealed record ClassProbability(string Class, float Probability);

/// <summary>What one branch of a network says alone.</summary>
/// <param name="Branch">"conv" or "tran".</param>
/// <param name="Prediction">Its most probable class.</param>
public sealed record BranchPrediction(string Branch, ClassProbability Prediction);
