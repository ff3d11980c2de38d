using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Proposes the points of a grid, the last coordinate moving fastest, and then starts again.</summary>
/// <param name="searchSpace">What to sweep.</param>
/// <param name="stepSize">Grid points along a number's coordinate; a choice has as many as values.</param>
internal sealed class GridSearchTuner(SearchSpace.SearchSpace searchSpace, int stepSize = 10) : ITuner
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
