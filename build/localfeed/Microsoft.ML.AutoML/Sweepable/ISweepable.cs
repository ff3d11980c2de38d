using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Something with a search space.</summary>
public interface ISweepable
{
    SearchSpace.SearchSpace SearchSpace { get; }
}

/// <summary>Makes an estimator for a point of its search space.</summary>
public interface ISweepable<out T> : ISweepable
    where T : IEstimator<ITransformer>
{
    T BuildFromOption(MLContext context, Parameter parameter);
}
