using Microsoft.ML.Conformer.Modeling;

namespace Microsoft.ML.Conformer.Training;

/// <summary>What a training run gives.</summary>
/// <param name="Network">The network on the CPU in evaluation mode, with the best epoch's weights.</param>
/// <param name="Summary">How it came about.</param>
internal sealed record TrainedNetwork(ConformerNetwork Network, TrainingSummary Summary) : IDisposable
{
    public IWeightSource Weights { get; } = new NetworkWeights(Network);

    public void Dispose() => Network.Dispose();
}
