using System.Globalization;

namespace Conformer.Server.Predicting;

/// <summary>What a request for predictions asks for in its query.</summary>
/// <param name="Top">How many classes or objects to answer with; null: five classes, or all objects.</param>
/// <param name="Threshold">0-1; null: the server's.</param>
internal sealed record PredictQuery(int? Top, float? Threshold)
{
    /// <exception cref="RefusalException">One of them is out of range.</exception>
    public static PredictQuery Read(string? top, string? threshold) => new(
        top is null ? null
            : int.TryParse(top, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count
            : throw BadRequest($"top is '{VisibleText.Of(top)}'; it must be a whole number of at least 1."),
        threshold is null ? null
            : float.TryParse(threshold, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var least)
                && least is >= 0 and <= 1 ? least
            : throw BadRequest($"threshold is '{VisibleText.Of(threshold)}'; it must be a number 0-1."));

    private static RefusalException BadRequest(string reason) => new(StatusCodes.Status400BadRequest, reason);
}
