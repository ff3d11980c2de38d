using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Proposes what to try next.</summary>
public interface ITuner
{
    Parameter Propose(TrialSettings settings);

    /// <summary>Learns how a trial went.</summary>
    void Update(TrialResult result);
}

/// <summary>Proposes evenly distributed points.</summary>
internal sealed class RandomSearchTuner(SearchSpace.SearchSpace searchSpace, int? seed) : ITuner
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

/// <summary>Proposes the points of a grid, the last coordinate moving fastest, and then starts again.</summary>
/// <param name="searchSpace">What to sweep.</param>
/// <param name="stepSize">Grid points along a number's coordinate; a choice has as many as values.</param>
internal sealed class GridSearchTuner(SearchSpace.SearchSpace searchSpace, int stepSize) : ITuner
{
    private readonly int[] _steps = [.. searchSpace.Step.Select(step => step ?? stepSize)];
    private int[] _next;

    public Parameter Propose(TrialSettings settings)
    {
        _next ??= new int[_steps.Length];
        var point = _next.Zip(_steps, (index, step) => (double)index / step).ToArray();
        for (var axis = _steps.Length - 1; axis >= 0; axis--)
        {
            if (++_next[axis] < _steps[axis])
                break;
            _next[axis] = 0;
        }
        return searchSpace.SampleFromFeatureSpace(point);
    }

    public void Update(TrialResult result)
    {
    }
}
