using System.Reflection;
using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.Conformer.AutoML.Tests;

[TestClass]
public sealed class ConformerSweepOptionsTests
{
    [TestMethod]
    public void EachMemberIsNamedAndTypedLikeATrainerOption()
    {
        foreach (var property in typeof(ConformerSweepOptions).GetProperties())
        {
            var (_, option) = Option(new ConformerTrainer.Options(), property.Name);
            Assert.AreEqual(
                option.PropertyType == typeof(TrainingRecipe) ? typeof(string) : option.PropertyType, property.PropertyType, property.Name);
        }
    }

    [TestMethod]
    public void AFolderForCheckpointsWhichTrialsCannotShareIsAnError()
    {
        var options = new ConformerTrainer.Options { Checkpoints = { Folder = "checkpoints" } };
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new MLContext(0).Auto().Conformer(options)).Message, "Checkpoints.Folder");
    }

    [TestMethod]
    public void EachMemberIsSweptButWeightsOfWhichThereAreNone() =>
        CollectionAssert.AreEquivalent(
            typeof(ConformerSweepOptions).GetProperties().Select(property => property.Name).Except(["PretrainedWeights"]).ToList(),
            new SearchSpace<ConformerSweepOptions>().Keys.ToList());

    [TestMethod]
    public void WhatIsDoneWithWeightsIsSweptOnlyWithWeightsAndThenForTheirNetwork()
    {
        string[] transfer = ["Freeze", "LayerDecay", "HeadLearningRateFactor"];
        var random = ConformerSweepOptions.StartingFrom(new ConformerTrainer.Options()).Keys.ToList();
        var pretrained = ConformerSweepOptions.StartingFrom(new ConformerTrainer.Options { PretrainedWeights = "a.pth" }).Keys.ToList();

        CollectionAssert.AreEquivalent(transfer, pretrained.Except(random).ToList());
        CollectionAssert.AreEquivalent(new[] { "Variant" }, random.Except(pretrained).ToList());
    }

    [TestMethod]
    [DataRow(5, "None, Backbone, Gradual")]
    [DataRow(4, "None, Backbone", DisplayName = "a gradual thaw takes five epochs")]
    public void FreezingNeedsEnoughEpochs(int epochs, string expected)
    {
        var space = ConformerSweepOptions.StartingFrom(new ConformerTrainer.Options { PretrainedWeights = "a.pth", Epochs = epochs });
        var freezing = ((ChoiceOption)space["Freeze"]).Choices.Select(choice => choice.AsType<string>());
        Assert.AreEqual(expected, string.Join(", ", freezing));
    }

    [TestMethod]
    public void ATrialHasTheSweptValuesAndTheOptionsForTheRest()
    {
        var options = new ConformerTrainer.Options { PretrainedWeights = "a.pth", Seed = 7 };
        var trial = ConformerSweepOptions.OptionsOf(options, Point(
            ("Recipe", "Official"), ("CropAreaMin", 0.5), ("LearningRate", 1e-3), ("Freeze", "Gradual"), ("LayerDecay", 0.75),
            ("PretrainedWeights", "b.pth")));

        Assert.AreEqual(("Official", 0.8, 0.5), (trial.Recipe.Name, trial.Augmentation.MixupAlpha, trial.Augmentation.CropAreaMin));
        Assert.AreEqual((1e-3, null), (trial.LearningRate, trial.LearningRateBatchSize), "a rate means the same with each recipe");
        Assert.AreEqual((Freezing.Gradual, 0.75, 1), (trial.Transfer.Freeze, trial.Transfer.LayerDecay, trial.Transfer.HeadLearningRateFactor));
        Assert.AreEqual(("b.pth", 7), (trial.PretrainedWeights, trial.Seed));
        Assert.AreEqual((Freezing.None, 0.35), (options.Transfer.Freeze, options.Augmentation.CropAreaMin), "the options are as before");
    }

    [TestMethod]
    public void WhatHasNoPartInATrialIsLeftOut()
    {
        var point = Point(("Freeze", "Backbone"), ("LayerDecay", 0.75), ("HeadLearningRateFactor", 4.0));
        var frozen = ConformerSweepOptions.OptionsOf(new ConformerTrainer.Options { PretrainedWeights = "a.pth" }, point).Transfer;
        var random = ConformerSweepOptions.OptionsOf(new ConformerTrainer.Options(), point).Transfer;

        Assert.AreEqual((Freezing.Backbone, 1, 4), (frozen.Freeze, frozen.LayerDecay, frozen.HeadLearningRateFactor));
        Assert.AreEqual((Freezing.None, 1, 1), (random.Freeze, random.LayerDecay, random.HeadLearningRateFactor));
    }

    [TestMethod]
    public void TheOptionsOwnRecipeIsAmongTheChoices()
    {
        var own = TrainingRecipe.FineTune with { Name = "mine", WarmupEpochs = 7 };
        var options = new ConformerTrainer.Options { Recipe = own };
        var space = ConformerSweepOptions.StartingFrom(options);

        var names = ((ChoiceOption)space["Recipe"]).Choices.Select(choice => choice.AsType<string>()).ToList();

        CollectionAssert.AreEquivalent(new[] { "FineTune", "Official", "mine" }, names);
        Assert.AreEqual(7, ConformerSweepOptions.OptionsOf(options, Point(("Recipe", "mine"))).WarmupEpochs);
        Assert.AreEqual(2, ConformerSweepOptions.OptionsOf(options, Point(("Recipe", "FineTune"))).WarmupEpochs);
    }

    [TestMethod]
    public void TheSearchStartsFromTheTrainersDefaults()
    {
        var space = new SearchSpace<ConformerSweepOptions>();
        AssertEqualsOptions(new ConformerTrainer.Options(), space.SampleFromFeatureSpace(space.Default));
        AssertEqualsOptions(new ConformerTrainer.Options(), new ConformerSweepOptions());
    }

    [TestMethod]
    public void StartingFromOptionsTakesTheirValuesAndWidensRangesThatLackThem()
    {
        var options = new ConformerTrainer.Options
        {
            Variant = ConformerVariant.Base,
            ImageSize = 96,
            Epochs = 7,
            LearningRate = 5e-3,
            DropPath = 0.7,
        };
        var space = ConformerSweepOptions.StartingFrom(options);

        AssertEqualsOptions(options, space.SampleFromFeatureSpace(space.Default));
        Assert.AreEqual(5e-3, ((UniformNumericOption)space["LearningRate"]).Max);
        CollectionAssert.AreEqual(
            new[] { 96, 128, 160, 192, 224, 256, 288 },
            ((ChoiceOption)space["ImageSize"]).Choices.Select(choice => choice.AsType<int>()).ToArray());
    }

    [TestMethod]
    public void TheTrainerTakesBothEndsOfEachRange()
    {
        var mlContext = new MLContext(0);
        var space = new SearchSpace<ConformerSweepOptions>();
        var sweepable = mlContext.Auto().Conformer(searchSpace: space);
        foreach (var coordinate in new[] { 0.0, 1.0 })
        {
            var point = Enumerable.Repeat(coordinate, space.FeatureSpaceDim).ToArray();
            var parameter = ((SearchSpace.SearchSpace)space).SampleFromFeatureSpace(point);
            Assert.IsInstanceOfType<ConformerTrainer>(sweepable.BuildFromOption(mlContext, parameter));
        }
    }

    [TestMethod]
    public void AConTNetIsSweptAlike()
    {
        var mlContext = new MLContext(0);
        var options = new ConTNetTrainer.Options { Variant = ConTNetVariant.Medium, LearningRate = 3e-3 };
        var space = ConTNetSweepOptions.StartingFrom(options);
        var first = space.SampleFromFeatureSpace(space.Default);
        Assert.AreEqual((ConTNetVariant.Medium, 3e-3), (first.Variant, Math.Round(first.LearningRate, 12)));
        CollectionAssert.AreEquivalent(
            ConformerSweepOptions.StartingFrom(new ConformerTrainer.Options()).Keys.ToList(), space.Keys.ToList());

        var sweepable = mlContext.Auto().ConTNet(options, space);
        foreach (var coordinate in new[] { 0.0, 0.4, 1.0 })
        {
            var parameter = ((SearchSpace.SearchSpace)space).SampleFromFeatureSpace(
                [.. Enumerable.Repeat(coordinate, space.FeatureSpaceDim)]);
            Assert.IsInstanceOfType<ConTNetTrainer>(sweepable.BuildFromOption(mlContext, parameter), "every image size has windows");
        }
    }

    [TestMethod]
    [DataRow(14, 56, "56, 224")]
    [DataRow(32, 128, "128, 256")]
    [DataRow(65, 224, "128, 160, 192, 224, 256, 288", DisplayName = "a faulty one is left to the trainer")]
    public void AConTNetOfItsOwnShapeIsSweptOverSizesThatItsWindowsDivide(int window, int imageSize, string expected)
    {
        var stage = new ConTNetStage { MlpWidth = 8, NumHeads = 1, FirstWindow = window / 2, SecondWindow = window };
        var space = ConTNetSweepOptions.StartingFrom(new ConTNetTrainer.Options
        {
            Architecture = new ConTNetArchitecture { Stages = [stage, stage with { SecondWindow = window / 2 }] },
            ImageSize = imageSize,
        });

        var sizes = (ChoiceOption)space["ImageSize"];

        Assert.AreEqual(expected, string.Join(", ", sizes.Choices.Select(size => size.AsType<int>())));
        Assert.AreEqual(imageSize, space.SampleFromFeatureSpace(space.Default).ImageSize);
    }

    [TestMethod]
    public void ASpaceWithAnotherMemberIsRefused()
    {
        var space = new SearchSpace<ConformerSweepOptions> { ["Momentum"] = new UniformDoubleOption(0, 1) };
        var exception = Assert.ThrowsExactly<ArgumentException>(() => new MLContext(0).Auto().Conformer(searchSpace: space));
        StringAssert.Contains(exception.Message, "Momentum");
        StringAssert.Contains(exception.Message, "LearningRate");
    }

    private static Parameter Point(params (string Name, object Value)[] members) => Parameter.CreateNestedParameter(
        [.. members.Select(one => KeyValuePair.Create(
            one.Name, one.Value is double number ? Parameter.FromDouble(number) : Parameter.FromString((string)one.Value)))]);

    /// <summary>The option of a name, and the object that has it: the options, their transfer or their augmentation.</summary>
    private static (object Group, PropertyInfo Option) Option(ConformerTrainer.Options options, string name)
    {
        var found = new object[] { options, options.Transfer, options.Augmentation }
            .Select(group => (group, group.GetType().GetProperty(name))).FirstOrDefault(one => one.Item2 is not null);
        Assert.IsNotNull(found.Item2, name);
        return (found.group, found.Item2);
    }

    private static void AssertEqualsOptions(ConformerTrainer.Options options, ConformerSweepOptions swept)
    {
        foreach (var property in typeof(ConformerSweepOptions).GetProperties())
        {
            var (group, option) = Option(options, property.Name);
            var expected = option.GetValue(group) is TrainingRecipe recipe ? recipe.Name : option.GetValue(group);
            var actual = property.GetValue(swept);
            if (expected is double number)
                Assert.AreEqual(number, (double)actual!, number * 1e-12, property.Name);
            else
                Assert.AreEqual(expected, actual, property.Name);
        }
    }
}
