namespace Microsoft.ML.Conformer.Evaluation.Reports;

/// <summary>Images of one class that were predicted to be of another.</summary>
/// <param name="Label">Their class.</param>
/// <param name="Predicted">The other.</param>
/// <param name="Count">How many they are, at least 1.</param>
/// <param name="Support">Number of all images of their class.</param>
internal sealed record Confusion(string Label, string Predicted, int Count, int Support)
{
    /// <summary>The confusions of most images first, of as many that of the smaller class.</summary>
    public static IEnumerable<Confusion> WorstOf(ImageClassificationMetrics metrics) =>
        from label in Enumerable.Range(0, metrics.Classes.Count)
        from predicted in Enumerable.Range(0, metrics.Classes.Count)
        let count = metrics.ConfusionMatrix[label][predicted]
        where count > 0 && label != predicted
        orderby count descending, metrics.Classes[label].Support
        select new Confusion(metrics.Classes[label].Name, metrics.Classes[predicted].Name, count, metrics.Classes[label].Support);
}
