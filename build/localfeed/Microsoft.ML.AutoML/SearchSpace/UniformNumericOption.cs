namespace Microsoft.ML.SearchSpace.Option;

/// <summary>A number between two others, sampled evenly or evenly in its logarithm.</summary>
public abstract class UniformNumericOption : OptionBase
{
    internal UniformNumericOption(double min, double max, bool logBase, double? defaultValue)
    {
        (Min, Max, LogBase) = (min, max, logBase);
        Default = defaultValue is { } value ? MappingToFeatureSpace(Parameter.FromDouble(value)) : [0];
    }

    public double Min { get; }

    public double Max { get; }

    public bool LogBase { get; }

    public override int FeatureSpaceDim => 1;

    public override int?[] Step => [null];

    public override double[] MappingToFeatureSpace(Parameter param)
    {
        var value = param.AsType<double>();
        return [LogBase ? Math.Log(value / Min) / Math.Log(Max / Min) : (value - Min) / (Max - Min)];
    }

    public override Parameter SampleFromFeatureSpace(double[] values) =>
        Parameter.FromDouble(LogBase ? Min * Math.Pow(Max / Min, values[0]) : Min + (Max - Min) * values[0]);
}

/// <summary>A double between two others.</summary>
public sealed class UniformDoubleOption(double min, double max, bool logBase = false, double? defaultValue = null)
    : UniformNumericOption(min, max, logBase, defaultValue);

/// <summary>A whole number between two others, the greater of which is sampled only at the very end of the range.</summary>
public sealed class UniformIntOption(int min, int max, bool logBase = false, int? defaultValue = null)
    : UniformNumericOption(min, max, logBase, defaultValue)
{
    public override Parameter SampleFromFeatureSpace(double[] values) =>
        Parameter.FromInt((int)Math.Floor(base.SampleFromFeatureSpace(values).AsType<double>()));
}
