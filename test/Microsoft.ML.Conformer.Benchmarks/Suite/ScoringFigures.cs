using System.Globalization;
using Microsoft.ML.Conformer.Benchmarks.Scoring;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>Scoring on the CPU: against the machine's limit, the official code in evaluation, and ML.NET's OnnxTransformer.</summary>
internal sealed class ScoringFigures(SuiteOptions options, Report report)
{
    private const string Official = "official code";

    public void Measure()
    {
        Limits();
        Networks("Conformer", "Tiny", 224, batch: 1, options.Threads);
        Networks("Conformer", "Small", 224, batch: 1, options.Threads);
        if (!options.Quick)
        {
            foreach (var variant in (string[])["Tiny", "Small"])
                foreach (var batch in (int[])[8, 32])
                    Networks("Conformer", variant, 224, batch, options.Threads);
            Networks("Conformer", "Tiny", 224, batch: 1, threads: 1);
            Networks("Conformer", "Tiny", 96, batch: 1, options.Threads);
            Networks("Conformer", "Tiny", 160, batch: 1, options.Threads);
            Networks("ConTNet", "Tiny", 224, batch: 8, options.Threads);
        }
        InMlNet();
        if (options.Quick)
            return;
        Profiles();
        Classes();
        OwnCommand("The server under load: Conformer-Ti, 64 clients on the same processors", "wrk");
        Files();
    }

    private void Limits()
    {
        string[] works = options.Quick ? ["product"] : ["product", "convolution"];
        var figures = options.Turns.Measure(
            [.. Kinds().SelectMany(kind => works.Select(of => Peaks.Of(kind.By, kind.Type, options.Threads, of)))]);
        report.Keep("limits", figures);
        report.Add(
            "The machine's limit",
            "A matrix product, 960 x 960 x 960, and a convolution, 3 x 3, 128 to 128 channels, 8 maps of 28 x 28 " +
            $"(`peak --by libtorch --of product --type BFloat16`), {options.Threads} threads, 10⁹ operations a second; a multiplication " +
            "with accumulation is two.",
            ["", .. works],
            Kinds().Zip(figures.Chunk(works.Length), (kind, rates) => (string[])
                [$"{kind.By}, {kind.Type}", .. rates.Select(rate => Cell.Of(Peaks.GigaOperations(rate)))]));

        static (string By, string Type)[] Kinds() =>
            [("onnxruntime", "Float32"), ("onnxruntime", "Int8"), ("libtorch", "Float32"), ("libtorch", "BFloat16")];
    }

    private void Networks(string network, string variant, int size, int batch, int threads)
    {
        string[] common = ["--network", network, "--variant", variant, "--size", $"{size}", "--batch", $"{batch}"];
        string[] precisions = options.Quick ? ["Float32", "Int8"] : ["Float32", "Float16", "Int8"];
        Measurement[] measurements =
        [
            Peaks.Of("onnxruntime", "Float32", threads), Peaks.Of("onnxruntime", "Int8", threads),
            .. precisions.Select(precision => Measurement.Own(
                precision, threads, ["score", .. common, "--precision", precision, "--threads", $"{threads}"])),
            .. network == "Conformer" ? Reference.Of(options, Official, threads, "eval", variant, size, batch) : [],
        ];
        var figures = options.Turns.Measure(measurements);
        var title = $"{network}-{variant}, {size} x {size}, {Batch(batch)}, {(threads == 1 ? "one thread" : $"{threads} threads")}";
        report.Keep($"scoring: {title}", figures);

        var architecture = UntrainedModel.Architecture(new Arguments(common));
        var macs = (double)new NetworkSummary(architecture, size, size).Macs;
        var (limits, measured, own) = (figures.Take(2).ToList(), figures.Skip(2).ToList(), figures[2]);
        var official = measured.Find(figure => figure.Name == Official);
        report.Add(
            title,
            string.Create(CultureInfo.InvariantCulture,
                $"{macs / 1e9:0.00} GMACs for an image, which take {Cell.Of(Peaks.Time(limits[0], macs))} ms in fp32 and ") +
            $"{Cell.Of(Peaks.Time(limits[1], macs))} ms in int8 at the rate of a large matrix product in the same run " +
            $"(`score {string.Join(' ', common)}`). Milliseconds for an image.",
            ["", "median", "95 %", "99 %", "over the limit", "over fp32", "over the official code", "peak MiB", "bytes allocated"],
            measured.Select(figure => (string[])
            [
                figure.Name, Cell.Of(figure.Median), Cell.Of(figure.Percentile(95)), Cell.Of(figure.Percentile(99)),
                Cell.Of(Peaks.Over(figure, limits[figure.Name == "Int8" ? 1 : 0], macs)),
                Cell.Of(figure.Over(own)), official is null ? Cell.None : Cell.Of(figure.Over(official)),
                Cell.Whole(figure.PeakMiB), Cell.Whole(figure.AllocatedBytes),
            ]));
    }

    private void InMlNet()
    {
        var (size, batch, threads) = (224, 8, options.Threads);
        Measurement Way(string name, string way) => Measurement.Own(
            name, threads, "score", "--size", $"{size}", "--batch", $"{batch}", "--threads", $"{threads}", "--way", way);
        var figures = options.Turns.Measure(
            Way("the network alone", "network"), Way("photos through the model", "transform"),
            Way("normalized pixels through OnnxTransformer", "row-by-row"));
        report.Keep("ML.NET", figures);
        report.Add(
            "In an ML.NET pipeline",
            "Conformer-Ti, batches of 8 of 64 photos of 320 x 240 pixels in a data view, resized, cropped and normalized, against the " +
            "network alone, and against ML.NET's own OnnxTransformer, which runs the same file row by row on pixels that are ready " +
            "(`score --batch 8 --way transform`). Milliseconds for an image.",
            ["", "median", "over the network alone", "bytes allocated"],
            figures.Select(figure => (string[])
                [figure.Name, Cell.Of(figure.Median), Cell.Of(figure.Over(figures[0])), Cell.Whole(figure.AllocatedBytes)]));
    }

    private void Classes()
    {
        int[] counts = [10, 100, 1000, 10_000];
        var figures = options.Turns.Measure([.. counts.Select(count => Measurement.Own(
            Cell.Whole(count), options.Threads, "score", "--classes", $"{count}", "--threads", $"{options.Threads}"))]);
        report.Keep("classes", figures);
        report.Add(
            "The number of classes", "Conformer-Ti, one image of 224 x 224 (`score --classes 10000`), milliseconds.",
            ["classes", "median", "peak MiB"],
            figures.Select(figure => (string[])[figure.Name, Cell.Of(figure.Median), Cell.Whole(figure.PeakMiB)]));
    }

    private void Profiles()
    {
        foreach (var precision in (OnnxPrecision[])[OnnxPrecision.Float32, OnnxPrecision.Int8])
        {
            const int size = 224;
            var times = OperatorProfile.Times(
                ScoringModels.Onnx(UntrainedModel.Of(ConformerArchitecture.For(ConformerVariant.Tiny), size), size, precision),
                size, batch: 1, options.Threads);
            report.Add(
                $"Where the time goes: Conformer-Ti, {precision}",
                $"ONNX Runtime's own profile (`profile --precision {precision}`): milliseconds of one image, operators above 1 %.",
                ["operator", "times", "ms", "share"],
                times.Where(entry => entry.Milliseconds > 0.01 * times[0].Milliseconds).Select(entry => (string[])
                    [entry.Name, $"{entry.Count}", Cell.Of(entry.Milliseconds), Cell.Percent(entry.Milliseconds / times[0].Milliseconds)]));
        }
    }

    private void Files()
    {
        var rows = ((ConformerVariant[])[ConformerVariant.Tiny, ConformerVariant.Small]).Select(variant =>
        {
            var model = UntrainedModel.Of(ConformerArchitecture.For(variant), 224);
            return (string[])
            [
                $"Conformer-{variant}",
                .. Enum.GetValues<OnnxPrecision>().Select(precision => Cell.Of(ScoringModels.Onnx(model, 224, precision).Length / 1e6)),
            ];
        });
        report.Add("Files", "ONNX files for 1,000 classes, MB.", ["", .. Enum.GetNames<OnnxPrecision>()], rows);
        var exports = options.Turns.Measure([.. ((string[])["Tiny", "Small", "Base"]).Select(variant => Measurement.Own(
            $"Conformer-{variant}", options.Threads, "score", "--way", "export", "--variant", variant))]);
        report.Keep("export", exports);
        report.Add(
            "Export", "A network as an ONNX file in memory, milliseconds (`score --way export --variant Base`).",
            ["", "median", "peak MiB"],
            exports.Select(figure => (string[])[figure.Name, Cell.Of(figure.Median), Cell.Whole(figure.PeakMiB)]));
    }

    private void OwnCommand(string title, string command) =>
        report.AddOutput(title, $"`{command}`", Measurement.Once(title, options.Threads, command).Output());

    private static string Batch(int count) => count == 1 ? "one image" : $"{count} images at once";
}
