using System.Globalization;

namespace Conformer.Server.Predicting;

/// <summary>What a request for predictions asks for in its query.</summary>
/// <param name="Top">How many classes or objects to answer with; null: five classes, or all objects.</param>
/// <param name="Threshold">0-1; null: the server's.</param>
internal sealed record PredictQuery(int? Top, float? Threshold)
{
    private const NumberStyles Fraction = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <exception cref="RefusalException">One of them is out of range.</exception>
    public static PredictQuery Read(string? top, string? threshold) => new(ReadTop(top), ReadThreshold(threshold));

    private static int? ReadTop(string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count
        : throw BadRequest($"top is '{VisibleText.Of(text)}'; it must be a whole number of at least 1.");

    private static float? ReadThreshold(string? text) => text is null ? null
        : float.TryParse(text, Fraction, CultureInfo.InvariantCulture, out var score) && score is >= 0 and <= 1 ? score
        : throw BadRequest($"threshold is '{VisibleText.Of(text)}'; it must be a number 0-1.");

    private static RefusalException BadRequest(string reason) => new(StatusCodes.Status400BadRequest, reason);
}
