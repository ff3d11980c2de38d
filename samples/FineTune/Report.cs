using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace FineTune;

/// <summary>What the program prints about a trained model.</summary>
internal static class Report
{
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
            List<string> row = [Markup.Escape($"{actual} {classNames[actual]}")];
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

    /// <summary>Loads both files back and prints what they say about a few of the images, first one of each class.</summary>
    public static void Predictions(MLContext mlContext, SavedModels saved, IDataView images, int? threads)
    {
        const int Count = 6;
        var all = mlContext.Data.CreateEnumerable<ImageFile>(images, reuseRowObject: false, ignoreMissingColumns: true).ToList();
        var files = all.DistinctBy(file => file.Label).Take(Count).ToList();

        // From model.zip: an ML.NET pipeline, here through a PredictionEngine.
        var model = mlContext.Model.Load(saved.Zip, out _);
        using var engine = mlContext.Model.CreatePredictionEngine<ImageFile, Classification>(model);
        // From model.onnx: the network alone, here through ONNX Runtime.
        using var onnx = new OnnxClassifier(saved.Onnx, threads);
        var byOnnx = onnx.Classify(mlContext, mlContext.Data.LoadFromEnumerable(files));

        AnsiConsole.WriteLine("Predictions of the saved models:");
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumns("image", "class", "model.zip", "model.onnx");
        foreach (var (file, classification) in files.Zip(byOnnx))
            table.AddRow(
                Markup.Escape(Path.GetFileName(file.ImagePath)),
                Markup.Escape(file.Label),
                Describe(engine.Predict(file), file.Label),
                Describe(classification, file.Label));
        AnsiConsole.Write(table);
    }

    private static string Describe(Classification classification, string label) =>
        $"[{(classification.PredictedClass == label ? "green" : "red")}]{Markup.Escape(classification.PredictedClass)}[/] " +
        $"{classification.Score.Max():0.000}";
}
