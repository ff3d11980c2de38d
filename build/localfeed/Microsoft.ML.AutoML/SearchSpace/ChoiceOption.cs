namespace Microsoft.ML.SearchSpace.Option;

/// <summary>One of some values, each with an equal part of the coordinate; a single value needs no coordinate.</summary>
public sealed class ChoiceOption : OptionBase
{
    public ChoiceOption(params object[] choices)
    {
        Choices = [.. choices.Distinct().Select(Parameter.FromSimpleValue)];
        Default = new double[FeatureSpaceDim];
    }

    public ChoiceOption(object[] choices, object defaultChoice)
        : this(choices)
    {
        if (defaultChoice is not null)
            Default = MappingToFeatureSpace(Parameter.FromSimpleValue(defaultChoice));
    }

    public Parameter[] Choices { get; }

    public override int FeatureSpaceDim => Choices.Length == 1 ? 0 : 1;

    /// <summary>One entry, also where a single value needs no coordinate.</summary>
    public override int?[] Step => [Choices.Length];

    public override double[] MappingToFeatureSpace(Parameter param) =>
        FeatureSpaceDim == 0 ? [] : [(double)Array.IndexOf(Choices, param) / Choices.Length];

    public override Parameter SampleFromFeatureSpace(double[] values)
    {
        if (values.Length == 0)
            return Choices[0];
        // In single precision, so that a choice's own coordinate, n / Length, gives n and not what is just below.
        var index = (int)MathF.Floor((float)(Choices.Length * values[0]));
        return Choices[Math.Min(index, Choices.Length - 1)];
    }
}
