using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;
using Samples.Shared;
using Spectre.Console;

namespace FineTune;

/// <summary>What the program prints about a trained model.</summary>
internal static class Report
{
    private const int PredictionCount = 6, NameLength = 40;

    /// <summary>A row for each true class, a column for each predicted one; what is right is green, what is wrong is red.</summary>
    public static void ConfusionMatrix(MulticlassClassificationMetrics metrics, IReadOnlyList<string> classNames)
    {
        AnsiConsole.WriteLine("Confusion matrix of the validation images:");
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn("true \\ predicted");
        foreach (var index in Enumerable.Range(0, classNames.Count))
            table.AddColumn(new TableColumn(index.ToString(CultureInfo.InvariantCulture)).RightAligned());
        table.AddColumn(new TableColumn("recall").RightAligned());
        for (var actual = 0; actual < classNames.Count; actual++)
        {
            List<string> row = [$"{actual} {Name(classNames[actual])}"];
            for (var predicted = 0; predicted < classNames.Count; predicted++)
            {
                var count = $"{metrics.ConfusionMatrix.Counts[actual][predicted]:0}";
                row.Add(count == "0" ? "[grey]0[/]" : predicted == actual ? $"[green]{count}[/]" : $"[red]{count}[/]");
            }
            row.Add($"{metrics.ConfusionMatrix.PerClassRecall[actual]:0.000}");
            table.AddRow([.. row]);
        }
        AnsiConsole.Write(table);
    }

    /// <summary>What both files of a model say about a few of the images, first one of each class.</summary>
    public static void Predictions(MLContext mlContext, SavedModel saved, IEnumerable<ImageFile> images, ScoringOptions options)
    {
        var files = images.DistinctBy(file => file.Label).Take(PredictionCount).ToList();
        AnsiConsole.WriteLine("Predictions of the saved models:");
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumns("image", "class", "model.zip", "model.onnx");
        var (byZip, byOnnx) = (Predict(mlContext, saved.Zip, files, options), Predict(mlContext, saved.Onnx, files, options));
        foreach (var (file, zip, onnx) in files.Zip(byZip, byOnnx))
            table.AddRow(Name(Path.GetFileName(file.ImagePath)), Name(file.Label), Cell(zip, file), Cell(onnx, file));
        AnsiConsole.Write(table);
    }

    /// <summary>Each image's most probable class and its probability; NaN where the image cannot be read and the options skip it.</summary>
    public static IReadOnlyList<(string Class, float Probability)> Predict(
        MLContext mlContext, string modelFile, IReadOnlyList<ImageFile> files, ScoringOptions options)
    {
        using var model = mlContext.Model.LoadImageClassifier(modelFile, options, nameof(ImageFile.ImagePath));
        var scores = model.Transform(mlContext.Data.LoadFromEnumerable(files)).GetColumn<float[]>("Score");
        return [.. scores.Select(score => (model.ClassNames[Array.IndexOf(score, score.Max())], score.Max()))];
    }

    /// <summary>A name for a cell, short enough that the columns stay where they are.</summary>
    private static string Name(string name) => Markup.Escape(VisibleText.Cut(name, NameLength));

    private static string Cell((string Class, float Probability) prediction, ImageFile file) => float.IsNaN(prediction.Probability)
        ? "[red]cannot be read[/]"
        : $"[{(prediction.Class == file.Label ? "green" : "red")}]{Name(prediction.Class)}[/] {prediction.Probability:0.000}";
}
