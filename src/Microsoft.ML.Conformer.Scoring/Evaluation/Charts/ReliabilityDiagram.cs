namespace Microsoft.ML.Conformer.Evaluation.Charts;

/// <summary>
/// A reliability diagram as an SVG picture: for each bin of the confidence a bar of the accuracy, how far it is from the mean confidence,
/// and above it the number of images (DeGroot and Fienberg, 1983; Guo et al., ICML 2017, figure 1).
/// </summary>
internal static class ReliabilityDiagram
{
    private const int Side = 300, Top = 52, MostCounted = 20;
    private const string Bar = "fill=\"#2f7ed8\" fill-opacity=\".75\"";
    private const string Gap = "fill=\"#e03131\" fill-opacity=\".3\" stroke=\"#e03131\"";
    private const string Diagonal = "stroke=\"currentColor\" stroke-dasharray=\"5 4\" fill=\"none\"";

    /// <param name="bins">Those that have images; there may be none.</param>
    public static string Svg(IReadOnlyList<ReliabilityBin> bins)
    {
        var frame = new ChartFrame(
            new ChartAxis("confidence", [], (0, 1)), new ChartAxis("accuracy", [], (0, 1)), Side, Side, Top,
            ("accuracy", $"<rect width=\"24\" height=\"12\" {Bar}/>"), ("gap to confidence", $"<rect width=\"24\" height=\"12\" {Gap}/>"),
            ("calibrated", $"<path d=\"M0 6H24\" {Diagonal}/>"));
        foreach (var bin in bins)
        {
            var (left, right) = (frame.X(bin.Lower), frame.X(bin.Upper));
            frame.Add($"<g><title>confidence {bin.Lower:0.###}-{bin.Upper:0.###}, mean {bin.MeanConfidence:0.000}: ");
            frame.Add($"accuracy {bin.Accuracy:0.000} of {bin.ImageCount:N0} images</title>");
            Box(bin.Accuracy, 0, Bar);
            Box(Math.Max(bin.Accuracy, bin.MeanConfidence), Math.Min(bin.Accuracy, bin.MeanConfidence), Gap);
            if (bins.Count <= MostCounted)
                frame.Add($"<text transform=\"translate({(left + right) / 2 + 4:0.##},{Top - 6}) rotate(-90)\">{bin.ImageCount:N0}</text>");
            frame.Add($"</g>\n");

            void Box(double high, double low, string look)
            {
                frame.Add($"<rect x=\"{left:0.##}\" y=\"{frame.Y(high):0.##}\" width=\"{right - left:0.##}\"");
                frame.Add($" height=\"{frame.Y(low) - frame.Y(high):0.##}\" {look}/>");
            }
        }
        frame.Add($"<path d=\"M{frame.X(0):0.##} {frame.Y(0):0.##}L{frame.X(1):0.##} {frame.Y(1):0.##}\" {Diagonal}/>\n");
        return frame.End();
    }
}
