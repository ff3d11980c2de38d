using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Data;

/// <summary>Splits rows into training and test sets.</summary>
internal static class FoldSplitter
{
    // What the real package seeds its random column with where neither the call nor the environment gives a seed.
    private const uint DefaultSeed = 42;

    /// <summary>One split, whose test set has about <paramref name="testFraction"/> of the rows.</summary>
    public static DataOperationsCatalog.TrainTestData Split(
        IHostEnvironment env, IDataView data, double testFraction, string samplingKeyColumnName, int? seed)
    {
        var column = AddSplitColumn(env, ref data, samplingKeyColumnName, seed);
        return Split(data, column, value => 0 <= value && value < testFraction);
    }

    /// <summary>A split for each fold, each fold's test set being the rows of its share.</summary>
    public static IEnumerable<DataOperationsCatalog.TrainTestData> Split(
        IHostEnvironment env, IDataView data, int numberOfFolds, string samplingKeyColumnName, int? seed)
    {
        var column = AddSplitColumn(env, ref data, samplingKeyColumnName, seed);
        return Enumerable.Range(0, numberOfFolds).Select(fold =>
        {
            var from = (double)fold / numberOfFolds;
            var to = (double)(fold + 1) / numberOfFolds;
            return Split(data, column, value => from <= value && value <= to);
        });
    }

    private static DataOperationsCatalog.TrainTestData Split(IDataView data, string column, Func<double, bool> isTest) => new(
        SubsetView.Without(RowFilters.ByValue(data, column, value => !isTest(value)), column),
        SubsetView.Without(RowFilters.ByValue(data, column, isTest), column));

    /// <summary>Adds the column that decides a row's set: random, or the same for all rows with the same sampling key.</summary>
    private static string AddSplitColumn(IHostEnvironment env, ref IDataView data, string samplingKeyColumnName, int? seed)
    {
        var schema = data.Schema;
        var name = "SplitColumn";
        for (var i = 0; schema.GetColumnOrNull(name) is not null; i++)
            name = $"temp_SplitColumn_{i:000}";
        seed ??= (env as IHostEnvironmentInternal)?.Seed;
        if (samplingKeyColumnName is null)
        {
            data = new RandomColumnView(data, name, (uint?)seed ?? DefaultSeed);
            return name;
        }
        if (schema.GetColumnOrNull(samplingKeyColumnName) is not { } key)
            throw env.ExceptSchemaMismatch("samplingKeyColumn", "SamplingKeyColumn", samplingKeyColumnName);
        if (key.Type == NumberDataViewType.Single || key.Type == NumberDataViewType.Double)
        {
            throw new NotSupportedException(
                "This stand-in for Microsoft.ML does not split by a Single or Double column; use the real package Microsoft.ML.");
        }
        data = key.Type is KeyDataViewType
            ? new ColumnCopyingTransformer(env, (name, samplingKeyColumnName)).Transform(data)
            : new HashingTransformer(env, new HashingEstimator.ColumnOptions(
                name, samplingKeyColumnName, 30, (uint?)seed ?? HashingEstimator.DefaultSeed, combine: true)).Transform(data);
        return name;
    }
}
