using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Conformer.Training;

/// <summary>A network's figures on a data set, which its task makes.</summary>
/// <param name="Figures">By name, in the order in which they are written down.</param>
/// <param name="Rank">What is compared: the first number that differs says which validation is better, the higher the better.</param>
internal sealed record Validation(IReadOnlyDictionary<string, double> Figures, IReadOnlyList<double> Rank)
{
    /// <summary>The class index with the highest score for each image, in the images' order; empty where a task has none.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> Predictions { get; init; } = [];

    /// <summary>Whether what is compared says anything: scores that are not finite have a class of their own, the first.</summary>
    [JsonIgnore]
    public bool IsFinite => Rank.All(double.IsFinite);

    /// <summary>A figure by its name, not a number where there is none.</summary>
    public double this[string name] => Figures.GetValueOrDefault(name, double.NaN);

    /// <summary>Whether it is better; never where it is not finite.</summary>
    public bool IsBetterThan(Validation? other) =>
        IsFinite && (other is null || Rank.Zip(other.Rank, (own, its) => own.CompareTo(its)).FirstOrDefault(order => order != 0) > 0);

    /// <summary>Scores every image once, in evaluation mode and without gradients; the network's mode is restored.</summary>
    /// <param name="network">It is on its device.</param>
    /// <param name="images">Those of this rank.</param>
    /// <param name="all">The ranks.</param>
    /// <param name="score">Scores a batch. Its tensors are in a dispose scope of the batch's own.</param>
    /// <param name="cancellation">Where any rank's is canceled, all end.</param>
    public static void ForEachBatch(
        nn.Module network, IBatchSource images, ICollective all, Action<IBatch> score, CancellationToken cancellation)
    {
        var wasTraining = network.training;
        network.eval();
        try
        {
            using var inference = inference_mode();
            var isCanceled = false;
            try
            {
                foreach (var batch in images.ReadEpoch(0, 0, cancellation))
                {
                    using var scope = NewDisposeScope();
                    score(batch);
                }
            }
            catch (OperationCanceledException)
            {
                isCanceled = true;
            }
            all.ThrowIfAnyIsCanceled(isCanceled, cancellation, "validation");
        }
        finally
        {
            network.train(wasTraining);
        }
    }
}
