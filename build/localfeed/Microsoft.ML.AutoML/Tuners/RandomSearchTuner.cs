using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Proposes evenly distributed points.</summary>
internal sealed class RandomSearchTuner(SearchSpace.SearchSpace searchSpace, int? seed = null) : ITuner
{
    private readonly Random _random = seed is { } fixedSeed ? new Random(fixedSeed) : new Random();

    public Parameter Propose(TrialSettings settings)
    {
        var point = new double[searchSpace.FeatureSpaceDim];
        for (var i = 0; i < point.Length; i++)
            point[i] = _random.NextDouble();
        return searchSpace.SampleFromFeatureSpace(point);
    }

    public void Update(TrialResult result)
    {
    }
}
