namespace Conformer.Cli.Runs;

/// <summary>A run's folder and what is known about it.</summary>
internal sealed record FoundRun(RunFolder Folder, RunRecord Record);

/// <summary>Runs in lines of text.</summary>
internal static class RunTable
{
    /// <summary>How many runs can be compared side by side.</summary>
    public const int MostCompared = 4;

    private const int NameColumns = 24, ValueColumns = 16;

    /// <summary>What is told of all runs, before and behind what is told of their kind.</summary>
    private static readonly IReadOnlyList<RunColumn>
        _before =
        [
            new(new("run", NameColumns), one => one.Folder.Name),
            new(new("state", 11), one => one.Record.State.ToString().ToLowerInvariant()),
            new(new("best epoch", 12, IsNumber: true),
                one => one.Record.BestEpoch is { } best ? $"{best} of {one.Record.Epochs}" : $"- of {one.Record.Epochs}"),
        ],
        _ofClassifiers =
        [
            new(new("accuracy", 8, IsNumber: true), one => NumberOrNone(one.Record.Accuracy)),
            new(new("95 % interval", 13),
                one => one.Record.AccuracyInterval is { } interval ? $"{Number(interval.Low)}-{Number(interval.High)}" : ""),
        ],
        _ofDetectors =
        [
            new(new("AP", 5, IsNumber: true), one => NumberOrNone(one.Record.AveragePrecision)),
            new(new("of masks", 8, IsNumber: true), one => NumberOrNone(one.Record.MaskAveragePrecision)),
        ],
        _behind =
        [
            new(new("on", 10), one => one.Record.EvaluatedOn ?? ""),
            new(new("train ms", 8, IsNumber: true), one => one.Record.TrainMillisecondsPerImage is { } time
                ? FormattableString.Invariant($"{time:0.0}") : ""),
        ];

    /// <summary>A line for each run, in a table for each kind of them: 80 columns have no room for both kinds' figures.</summary>
    public static IEnumerable<string> List(IReadOnlyList<FoundRun> runs) => runs.GroupBy(one => one.Record.IsOfDetector).Index()
        .SelectMany(kind => (IEnumerable<string>)[.. kind.Index > 0 ? [""] : (string[])[], .. ListOfKind([.. kind.Item])]);

    private static IEnumerable<string> ListOfKind(IReadOnlyList<FoundRun> runs)
    {
        RunColumn[] columns = [.. _before, .. runs[0].Record.IsOfDetector ? _ofDetectors : _ofClassifiers, .. _behind];
        return TextTable.Lines(
            [.. columns.Select(column => column.Shown)],
            [.. runs.Select(run => (string[])[.. columns.Select(column => column.TextOf(run))])]);
    }

    /// <summary>The options that a few runs differ in; of two, also how likely their accuracies differ by chance.</summary>
    public static IEnumerable<string> Differences(IReadOnlyList<FoundRun> runs)
    {
        var configurations = runs.Select(one => Configuration(one.Folder)).ToList();
        var differing = configurations.SelectMany(one => one.Keys).Distinct()
            .Where(name => configurations.Select(one => one.GetValueOrDefault(name, "")).Distinct().Count() > 1).ToList();
        var lines = differing.Count == 0 ? ["They have the same options."] : TextTable.Lines(
            [new("differ in", NameColumns), .. runs.Select(one => new TextColumn(one.Folder.Name, ValueColumns))],
            [.. differing.Select(name => (string[])[name, .. configurations.Select(one => one.GetValueOrDefault(name, "-"))])]);
        return runs is [{ Record.IsOfDetector: false } first, { Record.IsOfDetector: false } second]
            && RunPredictions.Compare(first.Folder, second.Folder) is { } test
            ? lines.Append("").Concat(TextTable.Wrapped(Words(test, first.Folder.Name, second.Folder.Name))) : lines;
    }

    private static string NumberOrNone(double? value) => value is { } known ? Number(known) : "";

    private static string Words(McNemarTest test, string first, string second) =>
        $"Both are right on {Count(test.BothRight, "image", "images")}, {VisibleText.Of(first)} alone on {Count(test.OnlyFirstRight)}, " +
        $"{VisibleText.Of(second)} alone on {Count(test.OnlySecondRight)}, neither on {Count(test.BothWrong)}; p = " +
        $"{Number(test.PValue)} (McNemar's exact test).";

    private static Dictionary<string, string> Configuration(RunFolder run)
    {
        var path = run.File(RunFolder.ConfigurationName);
        try
        {
            return File.Exists(path) ? ConfigurationFile.Read(path).ToDictionary(one => one.Name, one => string.Join(", ", one.Texts)) : [];
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Work.Tell("skipped", exception); // the runs' figures are worth showing
            return [];
        }
    }

    private sealed record RunColumn(TextColumn Shown, Func<FoundRun, string> TextOf);
}
