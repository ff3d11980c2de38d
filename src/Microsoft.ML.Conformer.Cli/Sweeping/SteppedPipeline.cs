using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;
using SearchSpace = Microsoft.ML.SearchSpace.SearchSpace;

namespace Conformer.Cli.Sweeping;

/// <summary>
/// A pipeline for tuners that go through a search space in steps. AutoML's space of a pipeline with one order of estimators gives that
/// choice a step but no coordinate, so that grid search and Smac take each coordinate's step for the next one's: a grid would hold the
/// first option fixed and have each point as often as the last option has steps.
/// </summary>
internal static class SteppedPipeline
{
    private const string PipelineKey = "_pipeline_", SchemaKey = "_SCHEMA_";

    /// <summary>Makes the experiment sweep the pipeline.</summary>
    public static AutoMLExperiment SetSteppedPipeline(this AutoMLExperiment experiment, SweepablePipeline pipeline) =>
        experiment.SetPipeline(pipeline).AddSearchSpace(PipelineKey, SpaceOf(pipeline));

    /// <summary>The pipeline's search space, with a step for each coordinate.</summary>
    public static SearchSpace SpaceOf(SweepablePipeline pipeline)
    {
        var space = pipeline.SearchSpace;
        if (space[SchemaKey] is ChoiceOption { Choices: [var only] })
            space[SchemaKey] = new OnlyValue(only);
        return space;
    }

    /// <summary>An option that has one value: no coordinate, no step.</summary>
    private sealed class OnlyValue(Parameter value) : OptionBase
    {
        public override int FeatureSpaceDim => 0;

        public override double[]? Default => [];

        public override int?[] Step => [];

        public override double[] MappingToFeatureSpace(Parameter value) => [];

        public override Parameter SampleFromFeatureSpace(double[] values) => value;
    }
}
