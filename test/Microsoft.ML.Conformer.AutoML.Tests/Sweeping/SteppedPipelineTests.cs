using Conformer.Cli.Sweeping;
using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class SteppedPipelineTests
{
    [TestMethod]
    public void TheSearchSpaceHasAStepForEachCoordinate()
    {
        var mlContext = new MLContext();
        var pipeline = mlContext.Transforms.LoadImages("Image", null, "ImagePath").Append(mlContext.Auto().Conformer());
        var space = SteppedPipeline.SpaceOf(pipeline);
        Assert.AreEqual(space.FeatureSpaceDim, space.Step.Length);
        var first = space.SampleFromFeatureSpace(space.Default);
        Assert.AreEqual(pipeline.SearchSpace.SampleFromFeatureSpace(pipeline.SearchSpace.Default), first);
        Assert.AreEqual(space.FeatureSpaceDim, space.MappingToFeatureSpace(first).Length);
    }
}
