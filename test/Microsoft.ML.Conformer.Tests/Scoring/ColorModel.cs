using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Tests.Data.Checking;

namespace Microsoft.ML.Conformer.Tests.Scoring;

/// <summary>A small network that was trained to tell the colors of photos apart.</summary>
internal static class ColorModel
{
    private static readonly MLContext _context = new(seed: 1);

    private static readonly Lazy<byte[]> _onnx = new(() =>
    {
        var photos = Photo.View(_context, Photo.Set(48, seed: 5));
        using var model = _context.MulticlassClassification.Trainers.Conformer(ScoringModel.QuickTraining(epochs: 8)).Fit(photos);
        Assert.AreEqual(1, _context.MulticlassClassification.Evaluate(model.Transform(photos)).MicroAccuracy, "it must know its colors");
        using var file = new MemoryStream();
        model.SaveAsOnnx(file);
        return file.ToArray();
    });

    public static void Save(string path) => File.WriteAllBytes(path, _onnx.Value);

    public static ImageClassifierTransformer Open()
    {
        using var file = new MemoryStream(_onnx.Value);
        return _context.Model.LoadImageClassifier(file);
    }

    /// <summary>Writes photos of all colors into a folder of class folders.</summary>
    public static void WritePhotos(PhotoFolder folder, string name)
    {
        foreach (var photo in Photo.Set(24, seed: name.Length))
            Write(folder, name, photo, photo.Label, $"{photo.Number}.png");
    }

    /// <summary>
    /// Writes a photo into the folder of another class, and gives its path: one that the network is surer of than it mostly is, as only
    /// of such the label is doubted.
    /// </summary>
    public static string WriteOdd(PhotoFolder folder, string name, string color, string label)
    {
        using var model = Open();
        var photos = Photo.Set(30, seed: 100 + label.Length).Where(photo => photo.Label == color).ToList();
        var odd = photos.Zip(ScoringModel.Scores(model.Transform(Photo.View(_context, photos))))
            .MaxBy(photo => photo.Second[Array.IndexOf(Photo.Classes, color)]).First;
        return Write(folder, name, odd, label, "odd.png");
    }

    private static string Write(PhotoFolder folder, string name, Photo photo, string label, string file) => Path.GetFullPath(
        folder.Write($"{name}/{label}/{file}", PhotoFolder.Png(RgbImage.FromMLImage(photo.Image!))));
}
