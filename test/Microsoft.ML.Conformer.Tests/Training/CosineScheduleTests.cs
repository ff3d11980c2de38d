using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Training.Optimization;

namespace Microsoft.ML.Conformer.Tests.Training;

[TestClass]
public sealed class CosineScheduleTests
{
    private const double Digits = 1e-11;

    public static IEnumerable<object?[]> OfTimm =>
        GoldenFiles.Named("lr_schedule.json").Concat(GoldenFiles.Named("timm_schedule.json")).Cases();

    public static IEnumerable<object?[]> OfMmengine => GoldenFiles.Named("mmengine_schedule.json").Cases();

    /// <summary>Of timm's other schedule, in steps, there is none here, nor of the epoch by which the official code lags behind.</summary>
    [TestMethod]
    [DynamicData(nameof(OfTimm))]
    public void WarmUpAndCosineAreTimms(string? file)
    {
        var cosines = 0;
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            var parameters = golden.TryGetProperty("parameters", out var own) ? own : golden;
            if (parameters.TryGetProperty("sched", out var kind) && kind.GetString() != "cosine")
                continue;
            double Number(string name) => parameters.GetProperty(name).GetDouble();
            var recipe = TrainingRecipe.Official with
            {
                LearningRate = Number("lr"),
                MinLearningRate = Number("min_lr"),
                WarmupLearningRate = Number("warmup_lr"),
                WarmupEpochs = Number("warmup_epochs"),
                Epochs = parameters.GetProperty("epochs").GetInt32(),
            };
            var schedule = new CosineSchedule(recipe);

            var rates = Numbers(golden, "f_of_t");
            Assert.IsTrue(rates.Count >= recipe.Epochs);
            for (var epoch = 0; epoch < rates.Count; epoch++)
                foreach (var within in (double[])[0, 0.9])
                    if (epoch < recipe.Epochs || within == 0)
                        Assert.AreEqual(rates[epoch], schedule.At(epoch + within), Digits, $"{recipe.LearningRate}, epoch {epoch}");
            cosines++;
        }
        Assert.IsTrue(cosines > 0);
    }

    /// <summary>mmengine is at the peak in the last step of the warm-up, not in the first one after it.</summary>
    [TestMethod]
    [DynamicData(nameof(OfMmengine))]
    public void WarmUpAndCosineAreMmengines(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            double Number(string name) => golden.GetProperty("parameters").GetProperty(name).GetDouble();
            var (warmup, stepsPerEpoch) = ((int)Number("begin"), Number("iters_per_epoch"));
            var recipe = TrainingRecipe.MmPretrain with
            {
                LearningRate = Number("lr"),
                MinLearningRate = Number("eta_min"),
                WarmupLearningRate = Number("lr") * Number("start_factor"),
                WarmupEpochs = warmup,
                Epochs = (int)Number("epochs"),
            };
            Assert.AreEqual(recipe.Epochs - warmup, Number("T_max"), "the cosine's length");

            var last = (int)(warmup * stepsPerEpoch) - 1;
            var rising = new CosineSchedule(recipe with { WarmupEpochs = last / stepsPerEpoch });
            var rates = Numbers(golden, "lr_per_iteration_of_first_epochs");
            for (var step = 0; step < last; step++)
                Assert.AreEqual(rates[step], rising.At(step / stepsPerEpoch), Digits, $"step {step}");

            var schedule = new CosineSchedule(recipe);
            foreach (var (name, within) in new[] { ("first", 0), ("last", 0.9) })
                for (var epoch = warmup; epoch < recipe.Epochs; epoch++)
                    Assert.AreEqual(
                        Numbers(golden, $"lr_at_{name}_iteration_of_each_epoch")[epoch], schedule.At(epoch + within), Digits,
                        $"epoch {epoch}");
        }
    }

    [TestMethod]
    public void RisesInALineToThePeakThenFallsToTheMinimum()
    {
        var recipe = new TrainingRecipe
        {
            LearningRate = 0.1,
            MinLearningRate = 0.001,
            WarmupLearningRate = 0.02,
            WarmupEpochs = 2,
            Epochs = 12,
        };
        var schedule = new CosineSchedule(recipe, scale: 0.5);

        Assert.AreEqual(0.01, schedule.At(0), Digits);
        Assert.AreEqual(0.03, schedule.At(1), Digits);
        Assert.AreEqual(0.05, schedule.At(2), Digits);
        Assert.AreEqual(0.02525, schedule.At(7), Digits);
        Assert.AreEqual(0.0005, schedule.At(12), Digits);
        var rates = Enumerable.Range(0, 1001).Select(i => schedule.At(i * 0.012)).ToList();
        var top = rates.IndexOf(rates.Max());
        Assert.AreEqual(2, top * 0.012, 0.012);
        for (var i = 1; i < rates.Count; i++)
            Assert.IsTrue(i <= top ? rates[i] >= rates[i - 1] : rates[i] <= rates[i - 1], $"after epoch {i * 0.012}");
    }

    [TestMethod]
    public void WithoutWarmUpTheFirstStepHasThePeak() =>
        Assert.AreEqual(0.1, new CosineSchedule(new() { LearningRate = 0.1, WarmupEpochs = 0 }).At(0));

    [TestMethod]
    [DataRow(1e-3)]
    [DataRow(1e-4)]
    public void AMinimumAtOrAboveTheLearningRateKeepsItThere(double minimum)
    {
        var schedule = new CosineSchedule(
            new() { LearningRate = 1e-4, MinLearningRate = minimum, WarmupLearningRate = 1, WarmupEpochs = 2, Epochs = 10 });

        foreach (var epoch in (double[])[0, 1, 2, 5, 9.9])
            Assert.AreEqual(1e-4, schedule.At(epoch), $"epoch {epoch}");
    }

    private static List<double> Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).Numbers()];
}
