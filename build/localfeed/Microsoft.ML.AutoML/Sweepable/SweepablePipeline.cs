using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.AutoML;

/// <summary>Sweepable estimators in a row, named e0, e1, ... in the search space.</summary>
public class SweepablePipeline
{
    private const string SchemaOption = "_SCHEMA_";

    private readonly (string Name, SweepableEstimator Estimator)[] _steps;

    internal SweepablePipeline(params IEnumerable<SweepableEstimator> estimators) =>
        _steps = [.. estimators.Select((estimator, index) => ($"e{index}", estimator))];

    /// <summary>Each estimator's space under its name, and under "_SCHEMA_" the order of the names, of which there is one here.</summary>
    public SearchSpace.SearchSpace SearchSpace
    {
        get
        {
            var space = new SearchSpace.SearchSpace();
            foreach (var (name, estimator) in _steps)
                space[name] = estimator.SearchSpace;
            space[SchemaOption] = new ChoiceOption(string.Join(" * ", _steps.Select(step => step.Name)));
            return space;
        }
    }

    public EstimatorChain<ITransformer> BuildFromOption(MLContext context, Parameter parameter) =>
        _steps.Aggregate(new EstimatorChain<ITransformer>(), (chain, step) =>
            chain.Append(step.Estimator.BuildFromOption(context, parameter[step.Name])));

    internal SweepablePipeline Append(SweepableEstimator estimator) => new([.. _steps.Select(step => step.Estimator), estimator]);
}

/// <summary>Puts estimators, sweepable or not, in a row.</summary>
public static class SweepableExtension
{
    public static SweepablePipeline Append(this IEstimator<ITransformer> estimator, SweepableEstimator estimator1) =>
        new(Fixed(estimator), estimator1);

    public static SweepablePipeline Append(this SweepablePipeline pipeline, IEstimator<ITransformer> estimator) =>
        pipeline.Append(Fixed(estimator));

    private static SweepableEstimator Fixed(IEstimator<ITransformer> estimator) => new((_, _) => estimator, new SearchSpace.SearchSpace());
}
