using System.Globalization;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Onnx.Quantization;
using Microsoft.ML.Conformer.Tests.Support;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Conformer.Benchmarks.Scoring;

/// <summary>
/// A trained model exported in other forms, each against the model itself on real photos: 16-bit floats, 8-bit integers calibrated on
/// training photos, and a graph that prepares photos by itself.
/// </summary>
internal static class ExportedForms
{
    private const int Success = 0, BadArguments = 2;

    /// <summary>Takes a model and a folder with train/ and val/, each with a folder for each class.</summary>
    public static int Run(string[] args)
    {
        if (args is not [var modelFile, var photos])
        {
            Console.Error.WriteLine("usage: forms MODEL PHOTOS");
            return BadArguments;
        }
        using var folder = new TemporaryFolder();
        var context = new MLContext(seed: 1);
        using var model = context.Model.LoadImageClassifier(modelFile);
        var training = Load(context, Path.Combine(photos, "train"));
        (string Name, IDataView Photos)[] sets = [("train", training), ("val", Load(context, Path.Combine(photos, "val")))];
        var expected = sets.Select(set => Scores(model.Transform(set.Photos))).ToList();

        foreach (var precision in Enum.GetValues<OnnxPrecision>())
        {
            var path = folder.File($"{precision}.onnx");
            model.SaveAsOnnx(path, new OnnxExportOptions { Precision = precision, CalibrationImages = training, TopK = 1 });
            using var exported = context.Model.LoadImageClassifier(path);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{precision}: {new FileInfo(path).Length / 1e6:0.0} MB"));
            for (var i = 0; i < sets.Length; i++)
                Report($"{precision} on {sets[i].Name}", expected[i], Scores(exported.Transform(sets[i].Photos)));
        }

        var graph = folder.File("photos.onnx");
        model.SaveAsOnnx(graph, new OnnxExportOptions { IncludePreprocessing = true });
        for (var i = 0; i < sets.Length; i++)
            Report($"preprocessing in the graph on {sets[i].Name}", expected[i], ScoresOfPhotos(graph, sets[i].Photos));
        return Success;
    }

    private static IDataView Load(MLContext context, string folder)
    {
        var files = context.Data.LoadFromImageFolder(folder);
        return context.Transforms.LoadImages("Image", imageFolder: "", inputColumnName: "ImagePath").Fit(files).Transform(files);
    }

    private static List<float[]> Scores(IDataView scored) => [.. scored.GetColumn<float[]>("Score")];

    /// <summary>The scores by ONNX Runtime alone, photo by photo, as another program would compute them.</summary>
    private static List<float[]> ScoresOfPhotos(string path, IDataView photos)
    {
        using var session = new InferenceSession(path);
        using var options = new RunOptions();
        using var cursor = photos.GetRowCursor([photos.Schema["Image"]]);
        var getter = cursor.GetGetter<MLImage>(photos.Schema["Image"]);
        var (scores, image) = (new List<float[]>(), default(MLImage)!);
        while (cursor.MoveNext())
        {
            getter(ref image);
            var photo = RgbImage.FromMLImage(image);
            using var input = OrtValue.CreateTensorValueFromMemory(
                photo.Pixels[..photo.ByteCount], [1, photo.Height, photo.Width, RgbImage.Channels]);
            using var results = session.Run(options, ["image"], [input], ["Score"]);
            scores.Add(results[0].GetTensorDataAsSpan<float>().ToArray());
        }
        return scores;
    }

    private static void Report(string form, List<float[]> expected, List<float[]> actual)
    {
        var differences = expected.Zip(actual).SelectMany(rows => rows.First.Zip(rows.Second, (x, y) => (double)Math.Abs(x - y))).ToList();
        var same = expected.Zip(actual).Count(rows => Best(rows.First) == Best(rows.Second));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{form}: the same class for {same} of {expected.Count} ({(double)same / expected.Count:p1}); probabilities differ by " +
            $"{differences.Average():g2} on average and {differences.Max():g2} at most"));
    }

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());
}
