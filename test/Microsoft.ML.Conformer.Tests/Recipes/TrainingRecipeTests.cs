using Microsoft.ML.Conformer.Tests.Support;

namespace Microsoft.ML.Conformer.Tests.Recipes;

[TestClass]
public sealed class TrainingRecipeTests
{
    public static IEnumerable<object[]> Recipes => [[TrainingRecipe.FineTune], [TrainingRecipe.Official], [TrainingRecipe.MmPretrain]];

    [TestMethod]
    [DynamicData(nameof(Recipes))]
    public void ARecipeIsTheSameAfterItWasWrittenAndRead(TrainingRecipe recipe)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("recipe.json");

        recipe.Save(path);

        Assert.AreEqual(recipe, TrainingRecipe.Load(path));
        Assert.AreEqual(recipe, TrainingRecipe.FromJson(recipe.ToJson()));
        Assert.IsEmpty(recipe.Faults().ToList());
    }

    [TestMethod]
    public void WhatAFileLeavesOutIsAsInFineTune() => Assert.AreEqual(
        TrainingRecipe.FineTune with { Epochs = 5, Augmentation = new() { RandAugment = new() { Magnitude = 7 } } },
        TrainingRecipe.FromJson("""
            {
              "epochs": 5, // a comment
              "augmentation": { "randAugment": { "magnitude": 7 } },
            }
            """));

    [TestMethod]
    [DataRow("""{ "epoch": 5 }""", "epoch")]
    [DataRow("""{ "epochs": "5" }""", "epochs")]
    [DataRow("""{ "augmentation": { "mixup": 1 } }""", "mixup")]
    [DataRow("""{ "augmentation": null }""", "augmentation")]
    [DataRow("""{ "headLosses": 1 }""", "headLosses")]
    [DataRow("""{ "epochs": 0, "labelSmoothing": 1 }""", "Epochs is 0; it must be at least 1. LabelSmoothing is 1;")]
    [DataRow("""{ "augmentation": { "cropAreaMin": 2 } }""", "Augmentation.CropAreaMin is 2")]
    [DataRow("""{ "epochs": 1, "epochs": 300 }""", "epochs")]
    [DataRow("null", "It is null.")]
    [DataRow("", "")]
    public void AFileThatIsNoRecipeIsNamedWithWhatIsWrong(string json, string fault)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("recipe.json");
        File.WriteAllText(path, json);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => TrainingRecipe.Load(path));

        StringAssert.StartsWith(error.Message, $"'{path}' is not a training recipe. ");
        StringAssert.Contains(error.Message, fault);
    }

    [TestMethod]
    public void AFileThatIsFarTooLongOrTooDeepIsNotARecipe()
    {
        using var folder = new TemporaryFolder();
        using (var sparse = File.Create(folder.File("sparse.json")))
            sparse.SetLength(1L << 30);
        File.WriteAllText(folder.File("deep.json"), string.Concat(Enumerable.Repeat("{\"augmentation\":", 60_000)));

        foreach (var name in (string[])["sparse.json", "deep.json"])
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidDataException>(() => TrainingRecipe.Load(folder.File(name))).Message, folder.File(name));
    }

    [TestMethod]
    public void AFileWithoutANameGivesItsOwn()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("birds.json"), "{}");
        Assert.AreEqual(TrainingRecipe.FineTune with { Name = "birds" }, TrainingRecipe.Load(folder.File("birds.json")));
    }

    [TestMethod]
    public void ANameStandsForARecipeAndWhatIsNeitherIsAnErrorThatListsThem()
    {
        Assert.AreEqual(TrainingRecipe.MmPretrain, TrainingRecipe.Load("mmpretrain"));
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => TrainingRecipe.Load("oficial"));
        StringAssert.Contains(
            error.Message, "'oficial' is no file, and no recipe's name: FineTune, Official, MmPretrain, ConTNet, ConTNetStrong.");
    }

    [TestMethod]
    public void OptionsOverrideTheRecipeWhicheverIsSetFirst()
    {
        var first = new ConformerTrainer.Options { Epochs = 5, DropPath = 0, Recipe = TrainingRecipe.Official };
        var last = new ConformerTrainer.Options { Recipe = TrainingRecipe.Official, Epochs = 7 };
        (last.Epochs, last.DropPath) = (5, 0);

        Assert.AreEqual(TrainingRecipe.Official with { Epochs = 5, DropPath = 0 }, first.Recipe);
        Assert.AreEqual(first.Recipe, last.Recipe);
        Assert.AreEqual((5, 1e-3, 0.1), (first.Epochs, first.LearningRate, first.LabelSmoothing));

        first.Recipe = TrainingRecipe.FineTune;
        Assert.AreEqual((5, 5e-4), (first.Epochs, first.LearningRate));
        Assert.AreEqual(300, TrainingRecipe.Official.Epochs);
    }

    [TestMethod]
    public void AValueOfNoneOverridesToo() => Assert.IsNull(
        new ConformerTrainer.Options { LearningRateBatchSize = null, Recipe = TrainingRecipe.Official }.LearningRateBatchSize);
}
