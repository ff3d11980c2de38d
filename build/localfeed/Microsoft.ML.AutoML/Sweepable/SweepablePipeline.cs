using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.AutoML;

/// <summary>Sweepable estimators in a row, named e0, e1, ... in the search space.</summary>
public class SweepablePipeline : ISweepable<EstimatorChain<ITransformer>>
{
    private const string SchemaOption = "_SCHEMA_";

    private readonly SweepableEstimator[] _steps;

    internal SweepablePipeline(params SweepableEstimator[] steps) => _steps = steps;

    public Dictionary<string, SweepableEstimator> Estimators => _steps.Index().ToDictionary(step => $"e{step.Index}", step => step.Item);

    /// <summary>Each estimator's space under its name, and under "_SCHEMA_" the order of the names, of which there is one here.</summary>
    public SearchSpace.SearchSpace SearchSpace
    {
        get
        {
            var space = new SearchSpace.SearchSpace();
            foreach (var (name, estimator) in Estimators)
                space.Add(name, estimator.SearchSpace);
            space.Add(SchemaOption, new ChoiceOption(string.Join(" * ", Estimators.Keys)));
            return space;
        }
    }

    public EstimatorChain<ITransformer> BuildFromOption(MLContext context, Parameter parameter) =>
        Estimators.Aggregate(new EstimatorChain<ITransformer>(), (chain, estimator) =>
            chain.Append(estimator.Value.BuildFromOption(context, parameter[estimator.Key])));

    public SweepablePipeline Append(params ISweepable<IEstimator<ITransformer>>[] sweepables) => sweepables switch
    {
        [SweepableEstimator estimator] => new SweepablePipeline([.. _steps, estimator]),
        [SweepablePipeline pipeline] => new SweepablePipeline([.. _steps, .. pipeline._steps]),
        _ => throw new NotSupportedException(
            "Alternative estimators in a SweepablePipeline need the real package Microsoft.ML.AutoML 0.23.0."),
    };
}
