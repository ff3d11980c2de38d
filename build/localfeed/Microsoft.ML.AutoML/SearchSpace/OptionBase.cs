namespace Microsoft.ML.SearchSpace.Option;

/// <summary>Something to sweep, seen as a point of the unit cube.</summary>
public abstract class OptionBase
{
    /// <summary>The point, each coordinate 0-1, that stands for a value.</summary>
    public abstract double[] MappingToFeatureSpace(Parameter value);

    /// <summary>The value that a point, each coordinate 0-1, stands for.</summary>
    public abstract Parameter SampleFromFeatureSpace(double[] values);

    /// <summary>Number of coordinates.</summary>
    public abstract int FeatureSpaceDim { get; }

    /// <summary>The point of the first value.</summary>
    public virtual double[] Default { get; protected set; }

    /// <summary>Number of grid points along each coordinate; null leaves it to the tuner.</summary>
    public abstract int?[] Step { get; }
}
