using System.Globalization;

namespace Microsoft.ML.Conformer.Benchmarks.Suite;

/// <summary>How numbers are written in tables.</summary>
internal static class Cell
{
    public const string None = "";

    /// <summary>Three significant digits, of what is below 0.1 three decimals; empty where there is no value.</summary>
    public static string Of(double? value) => value?.ToString(
        value switch { < 1 => "0.000", < 10 => "0.00", < 100 => "0.0", _ => "#,0" }, CultureInfo.InvariantCulture) ?? None;

    public static string Of(Ratio ratio) =>
        string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:0.00} ({ratio.Lowest:0.00}-{ratio.Highest:0.00})");

    public static string Whole(long? value) => value?.ToString("#,0", CultureInfo.InvariantCulture) ?? None;

    public static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{100 * value:0} %");
}
