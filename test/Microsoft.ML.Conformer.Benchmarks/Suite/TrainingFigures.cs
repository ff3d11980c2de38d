using System.Globalization;
using Microsoft.ML.Conformer.Benchmarks.Scoring;
using Microsoft.ML.Conformer.Benchmarks.Training;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>Training steps on the CPU, against the machine's limit and the official code.</summary>
internal sealed class TrainingFigures(SuiteOptions options, Report report)
{
    private const string Official = "official code, Float32";

    /// <summary>A forward pass, and about two more for the gradients of activations and of weights.</summary>
    private const int PassesPerStep = 3;

    public void Measure()
    {
        Steps("Conformer", "Tiny", options.Quick ? 96 : 224, batch: 8);
        if (options.Quick)
            return;
        Profile("Float32");
        Profile("BFloat16");
        Steps("Conformer", "Small", 224, batch: 8);
        Steps("Conformer", "Tiny", 96, batch: 32);
        Steps("Conformer", "Tiny", 160, batch: 16);
        Steps("Conformer", "Tiny", 96, batch: 8);
        Steps("ConTNet", "Tiny", 224, batch: 8);
        Steps("ConTNet", "Small", 224, batch: 8);
        Classes();
    }

    private void Steps(string network, string variant, int size, int batch)
    {
        string[] common = ["--network", network, "--variant", variant, "--size", $"{size}", "--batch", $"{batch}"];
        var figures = options.LongTurns.Measure(
        [
            Peaks.Of("libtorch", "Float32", options.Threads), Peaks.Of("libtorch", "BFloat16", options.Threads),
            .. ((string[])["Float32", "BFloat16"]).Select(precision =>
                Measurement.Own(precision, options.Threads, ["step", .. common, "--precision", precision])),
            .. network == "Conformer" ? Reference.Of(options, Official, options.Threads, "step", variant, size, batch) : [],
        ]);
        var title = $"{network}-{variant}, {size} x {size}, {batch} images at once";
        report.Keep($"training: {title}", figures);
        var macs = PassesPerStep * (double)new NetworkSummary(UntrainedModel.Architecture(new Arguments(common)), size, size).Macs;
        var (limits, measured) = (figures.Take(2).ToList(), figures.Skip(2).ToList());
        var official = measured.Find(figure => figure.Name == Official);
        report.Add(
            title,
            string.Create(CultureInfo.InvariantCulture,
                $"Forward, backward and AdamW (`step {string.Join(' ', common)} --precision BFloat16`): ") +
            string.Create(CultureInfo.InvariantCulture,
                $"{macs / 1e9:0.0} GMACs for an image, {PassesPerStep} times those of scoring. Milliseconds for an image; the share of ") +
            "the limit is that of the rate of a large matrix product by libtorch in the same run.",
            ["", "median", "share of the limit", "over the official code", "peak MiB", "bytes allocated"],
            measured.Select(figure => (string[])
            [
                figure.Name, Cell.Of(figure.Median),
                Cell.Percent(1 / Peaks.Over(figure, limits[figure.Name == "BFloat16" ? 1 : 0], macs).Median),
                official is null ? Cell.None : Cell.Of(figure.Over(official)), Cell.Whole(figure.PeakMiB),
                Cell.Whole(figure.AllocatedBytes),
            ]));
    }

    private void Classes()
    {
        int[] counts = [10, 100, 1000, 10_000];
        var figures = options.LongTurns.Measure([.. counts.Select(count => Measurement.Own(
            Cell.Whole(count), options.Threads, "step", "--size", "96", "--batch", "32", "--precision", "BFloat16", "--classes",
            $"{count}"))]);
        report.Keep("training: classes", figures);
        report.Add(
            "The number of classes in training",
            "Conformer-Ti, 32 images of 96 x 96 in bfloat16 (`step --size 96 --batch 32 --precision BFloat16 --classes 10000`), " +
            "milliseconds for an image.",
            ["classes", "median", "peak MiB"],
            figures.Select(figure => (string[])[figure.Name, Cell.Of(figure.Median), Cell.Whole(figure.PeakMiB)]));
    }

    private void Profile(string precision)
    {
        string[] common = ["--variant", "Tiny", "--size", "224", "--batch", "8", "--precision", precision];
        var times = StepProfile.Times(new Arguments(common));
        var step = times.Sum(part => part.Name.StartsWith(StepProfile.Within, StringComparison.Ordinal) ? 0 : part.Milliseconds);
        report.Add(
            $"Where a step's time goes: {precision}",
            $"`step-profile {string.Join(' ', common)}`, milliseconds of a step; parts above 1 %.",
            ["", "ms", "share"],
            times.Where(part => part.Milliseconds > 0.01 * step).Select(part => (string[])
                [part.Name, Cell.Of(part.Milliseconds), Cell.Percent(part.Milliseconds / step)]));
    }

    /// <summary>Takes as long as everything else.</summary>
    public void Accuracies(string photos)
    {
        string[][] commands =
        [
            ["resnet", "--data", photos],
            ["accuracy", "--data", photos, "--size", "96", "--seeds", "0"],
            ["accuracy", "--data", photos, "--network", "Tiny", "--size", "112", "--seeds", "0", "--precision", "Float32"],
        ];
        report.AddOutput(
            "Accuracy on the photos",
            "A linear classifier on ML.NET's ResNet-18, which saw ImageNet (`resnet --data FOLDER`); Conformer-Ti at 96 x 96 and ConT-Ti at " +
            "112 x 112 from scratch, 15 epochs (`accuracy --data FOLDER --size 96`, `accuracy --data FOLDER --network Tiny --size 112`).",
            string.Concat(commands.Select(command => Measurement.Once(command[0], options.Threads, command).Output())));
    }
}
