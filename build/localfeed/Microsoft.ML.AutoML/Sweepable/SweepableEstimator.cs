using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Estimators that a factory makes for the points of a search space.</summary>
public class SweepableEstimator
{
    private readonly Func<MLContext, Parameter, IEstimator<ITransformer>> _factory;

    public SweepableEstimator(Func<MLContext, Parameter, IEstimator<ITransformer>> factory, SearchSpace.SearchSpace ss) =>
        (_factory, SearchSpace) = (factory, ss);

    public SearchSpace.SearchSpace SearchSpace { get; set; }

    public virtual IEstimator<ITransformer> BuildFromOption(MLContext context, Parameter param) => _factory(context, param);
}
