using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>What a sweepable pipeline consists of.</summary>
public class Estimator
{
    protected Estimator() => Parameter = Parameter.CreateNestedParameter();

    public Parameter Parameter { get; set; }
}
