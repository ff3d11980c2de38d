using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Microsoft.ML.Conformer.Benchmarks;

/// <summary>Mean time over the number of images in an operation's batch, in milliseconds; only where a parameter is a batch.</summary>
internal sealed class PerImageColumn : IColumn
{
    private const double NanosecondsPerMillisecond = 1e6;

    public string Id => nameof(PerImageColumn);

    public string ColumnName => "ms/image";

    public string Legend => "Mean time for each image of the batch, in milliseconds";

    public bool AlwaysShow => false;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(benchmark => BatchOf(benchmark) is not null);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => BatchOf(benchmarkCase) is null;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
        BatchOf(benchmarkCase) is { } batch && summary[benchmarkCase]?.ResultStatistics is { } statistics
            ? (statistics.Mean / NanosecondsPerMillisecond / batch.Count).ToString("0.00", CultureInfo.InvariantCulture)
            : "-";

    private static ImageBatchSize? BatchOf(BenchmarkCase benchmark) =>
        benchmark.Parameters.Items.Select(parameter => parameter.Value).OfType<ImageBatchSize>().FirstOrDefault();
}
