using DetectShapes;

namespace Conformer.Cli.Generated;

/// <summary>Pictures with marked shapes to try `conformer detect` with, and how a small network learns to find them in minutes.</summary>
internal static class DrawnObjects
{
    private const int TrainingImages = 400, ValidationImages = 100, Side = 128;

    private static readonly (string Folder, int Count)[] _parts = [("train", TrainingImages), ("val", ValidationImages)];

    /// <summary>How to train; other options override it.</summary>
    public static ConformerObjectDetectionTrainer.Options Options => new()
    {
        Architecture = new DetectorArchitecture
        {
            Backbone = DrawnImages.Network,
            Head = DetectionHead.MaskRcnn,
            PyramidChannels = 64,
            HiddenWidth = 256,
            FinestScale = 28, // half of the usual, as the pictures are small
            AnchorScales = [4],
        },
        LongestSide = Side,
        ShortestSide = Side,
        Epochs = 6,
        BatchSize = 8,
        LearningRate = 1e-3,
        WarmupSteps = 50,
        DecayEpochs = [5],
        MaxGradientNorm = 5,
    };

    /// <summary>Draws the pictures of a seed into a folder, which is given back.</summary>
    public static string Write(string folder, int seed)
    {
        foreach (var (index, (part, count)) in _parts.Index())
            DrawnShapes.Draw(Path.Combine(folder, part), count, Side, unchecked((2 * seed) + index));
        return folder;
    }

    public static DetectionData Load(MLContext mlContext, string folder)
    {
        var sources = _parts.Select(part => new AnnotatedSource(
            AnnotationFormat.Coco, Path.Combine(folder, part.Folder, DrawnShapes.FileName), Split: null, Images: null)).ToList();
        return DetectionData.Load(mlContext, sources[0], sources[1], validationFraction: 0, seed: 0);
    }
}
