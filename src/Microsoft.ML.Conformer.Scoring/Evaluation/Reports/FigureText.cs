using System.Globalization;

namespace Microsoft.ML.Conformer.Evaluation.Reports;

/// <summary>Figures as text.</summary>
internal static class FigureText
{
    /// <summary>About three decimals in five characters, or six with a sign.</summary>
    public static string Number(double value) => Math.Abs(value) < 0.0005 ? "0.000" : value.ToString( // -0 has no sign
        Math.Abs(value) switch { < 9.9995 => "0.000", < 99.995 => "0.00", < 999.95 => "0.0", < 99_999.5 => "0", _ => "0E+0" },
        CultureInfo.InvariantCulture);

    /// <summary>The same; a dash where there is none.</summary>
    public static string Number(double? value) => value is { } number ? Number(number) : "-";

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.##} %");

    public static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 image" or "2 images".</summary>
    public static string Count(int count, string one, string many) => $"{Count(count)} {(count == 1 ? one : many)}";
}
