using System.Text.Json;
using Microsoft.ML.Conformer.Tests.Goldens;
using Microsoft.ML.Conformer.Training.Optimization;

namespace Microsoft.ML.Conformer.Tests.Training;

/// <summary>
/// The references add their minimum to a cosine of lower height, and begin above 0. With the difference as the peak, no floor, and what was
/// taken off added again, ours must give their numbers.
/// </summary>
[TestClass]
public sealed class LearningRateScheduleTests
{
    private const double Digits = 1e-11;

    public static IEnumerable<object?[]> OfTimm =>
        GoldenFiles.Named("lr_schedule.json").Concat(GoldenFiles.Named("timm_schedule.json")).Cases();

    public static IEnumerable<object?[]> OfMmengine => GoldenFiles.Named("mmengine_schedule.json").Cases();

    /// <summary>
    /// timm's cosine runs beside the warm-up, from epoch 0 on. Of its other schedule, in steps, there is none here, nor of the epoch by
    /// which the official code lags behind.
    /// </summary>
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
            var (peak, minimum, start, warmup) = (Number("lr"), Number("min_lr"), Number("warmup_lr"), Number("warmup_epochs"));
            var epochs = parameters.GetProperty("epochs").GetInt32();
            var rise = new LearningRateSchedule(peak - start, 0, warmup, epochs);
            var fall = new LearningRateSchedule(peak - minimum, 0, 0, epochs);

            var rates = Numbers(golden, "f_of_t");
            Assert.IsTrue(rates.Count >= epochs);
            for (var epoch = 0; epoch < rates.Count; epoch++)
            {
                var actual = epoch < warmup ? start + rise.At(epoch) : minimum + fall.At(Math.Min(epoch, epochs));
                Assert.AreEqual(rates[epoch], actual, Digits, $"{peak} over {epochs} epochs, epoch {epoch}");
            }
            cosines++;
        }
        Assert.IsTrue(cosines > 0);
    }

    /// <summary>mmengine's cosine begins where the warm-up ends.</summary>
    [TestMethod]
    [DynamicData(nameof(OfMmengine))]
    public void TheCosineBeginsWhereTheWarmUpEndsAsMmenginesDoes(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            double Number(string name) => golden.GetProperty("parameters").GetProperty(name).GetDouble();
            var (peak, minimum, warmup, epochs) = (Number("lr"), Number("eta_min"), (int)Number("begin"), (int)Number("epochs"));
            Assert.AreEqual(epochs - warmup, Number("T_max"), "the cosine's length");
            var schedule = new LearningRateSchedule(peak - minimum, 0, warmup, epochs);

            var rates = Numbers(golden, "lr_at_first_iteration_of_each_epoch");
            Assert.AreEqual(epochs, rates.Count);
            for (var epoch = warmup; epoch < epochs; epoch++)
                Assert.AreEqual(rates[epoch], minimum + schedule.At(epoch), Digits, $"epoch {epoch}");
        }
    }

    /// <summary>mmengine reaches the peak in the last step of the warm-up, not in the first one after it.</summary>
    [TestMethod]
    [DynamicData(nameof(OfMmengine))]
    public void TheWarmUpRisesWithEachStepAsMmenginesDoes(string? file)
    {
        foreach (var golden in GoldenFiles.Read(file).GetProperty("cases").EnumerateArray())
        {
            double Number(string name) => golden.GetProperty("parameters").GetProperty(name).GetDouble();
            var (peak, stepsPerEpoch, warmup) = (Number("lr"), Number("iters_per_epoch"), Number("warmup_epochs"));
            var (start, last) = (peak * Number("start_factor"), (int)(warmup * stepsPerEpoch) - 1);
            var schedule = new LearningRateSchedule(peak - start, 0, last / stepsPerEpoch, (int)Number("epochs"));

            var rates = Numbers(golden, "lr_per_iteration_of_first_epochs");
            for (var step = 0; step <= last; step++)
                Assert.AreEqual(rates[step], start + schedule.At(step / stepsPerEpoch), Digits, $"step {step}");
        }
    }

    [TestMethod]
    public void RisesFromZeroToThePeakThenFallsToTheMinimumAndNoLower()
    {
        var schedule = new LearningRateSchedule(peak: 0.1, minimum: 0.001, warmupEpochs: 2, epochs: 12);

        Assert.AreEqual(0.001, schedule.At(0));
        Assert.AreEqual(0.05, schedule.At(1), Digits);
        Assert.AreEqual(0.1, schedule.At(2), Digits);
        Assert.AreEqual(0.05, schedule.At(7), Digits);
        Assert.AreEqual(0.001, schedule.At(12));
        var rates = Enumerable.Range(0, 1001).Select(i => schedule.At(i * 0.012)).ToList();
        Assert.AreEqual(0.1, rates.Max(), 1e-5);
        var top = rates.IndexOf(rates.Max());
        Assert.AreEqual(2, top * 0.012, 0.012);
        for (var i = 1; i < rates.Count; i++)
            Assert.IsTrue(i <= top ? rates[i] >= rates[i - 1] : rates[i] <= rates[i - 1], $"after epoch {i * 0.012}");
    }

    [TestMethod]
    public void WithoutWarmUpTheFirstStepHasThePeak() =>
        Assert.AreEqual(0.1, new LearningRateSchedule(0.1, 0, warmupEpochs: 0, epochs: 3).At(0));

    private static List<double> Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).Numbers()];
}
