using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.Detection.Saving;

namespace Conformer.Server.Model;

/// <summary>Opens whatever model a file holds.</summary>
internal static class ConformerModel
{
    /// <summary>Opens and warms up a model.</summary>
    public static IImageModel Open(string path, int maxBatchSize, int? threads = null, CancellationToken stopping = default)
    {
        var scoring = new ScoringOptions
        {
            MaxBatchSize = maxBatchSize,
            IntraOpThreads = threads,
            AllowSpinning = false, // decoding and other requests want the processors too
            WarmUp = true,
            BadImages = BadImagePolicy.Skip, // a bad image must not fail the others of its batch
        };
        if (PlainFile.OtherKind(path) is null && File.Exists(path) && DetectorFile.IsOne(path, stopping))
            return new ConformerDetector(path, scoring, stopping);
        try
        {
            return new ConformerClassifier(path, scoring, stopping);
        }
        // A damaged file may have been a detector.
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{exception.Message} No object detector was found in it either.", exception);
        }
    }
}
