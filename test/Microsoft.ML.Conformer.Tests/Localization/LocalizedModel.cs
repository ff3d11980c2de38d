using Microsoft.ML.Conformer.Columns;
using Microsoft.ML.Conformer.Data.Images;
using Microsoft.ML.Conformer.Explain;
using Microsoft.ML.Conformer.Localization;
using Microsoft.ML.Conformer.Models;
using Microsoft.ML.Conformer.Networks;
using Microsoft.ML.Conformer.Tests.Data.Checking;
using Microsoft.ML.Conformer.Tests.Explain;
using Microsoft.ML.Conformer.Tests.Onnx;
using Microsoft.ML.Data;

namespace Microsoft.ML.Conformer.Tests.Localization;

/// <summary>Photos of several shapes with boxes, and a second way to what EvaluateImageLocalization says of them: photo by photo.</summary>
internal sealed class LocalizedModel : IDisposable
{
    public const double Threshold = 0.5;

    public static readonly string[] Classes = ["a", "b", "c", "d", "e", "f", "g"];

    private static readonly MLContext _context = new(seed: 1);

    /// <summary>Which place the true class of a photo has among the network's guesses.</summary>
    private static readonly int[] _ranks = [0, 0, 3, 6, 5, 1];

    /// <summary>Which of its maps gives a photo's box.</summary>
    private static readonly int[] _maps = [0, 1, 0, 3, 0, 0];

    private static readonly (int Width, int Height)[] _sizes = [(128, 64), (64, 64), (50, 90), (64, 128), (200, 70), (64, 64)];

    private readonly TrainedModel _trained;
    private readonly PhotoFolder _folder = new();

    public LocalizedModel()
    {
        var architecture = ExplainedModel.Conformer with { NumClasses = Classes.Length };
        _trained = new TrainedModel(
            architecture, ExportedGraph.Weights(architecture), ExplainedModel.Side,
            new ClassLabels<ReadOnlyMemory<char>>([.. Classes.Select(name => name.AsMemory())], TextDataViewType.Instance, true),
            new ScoringColumns("Image", "Score", "PredictedLabel"));
        Model = new ImageClassifierTransformer(_context, _trained, new ScoringOptions(), summary: null);
        Photos = [.. _sizes.Select((size, number) => See(PhotoFolder.Photo(number, size.Width, size.Height), number))];
        foreach (var (photo, number) in Photos.Select((photo, number) => (photo, number)))
        {
            // Boxes are those that a map gives; the third photo has one in a corner, and the second photo has two.
            var located = Located(photo, photo.Maps[_maps[number]], Threshold);
            var corner = new ImageBox(0, 0, photo.Width / 5.0, photo.Height / 4.0);
            Boxes[photo.Path] = number == 1 ? [corner, located] : number == 2 ? [corner] : [located];
        }
    }

    public ImageClassifierTransformer Model { get; }

    public List<SeenPhoto> Photos { get; }

    public Dictionary<string, IReadOnlyList<ImageBox>> Boxes { get; } = [];

    public string Folder => _folder.Path;

    public IDataView Data => View(Photos.Select(photo => (photo.Path, photo.Label)));

    public static IDataView View(IEnumerable<(string Path, string Label)> files) =>
        _context.Data.LoadFromEnumerable(files.Select(file => new LabeledFile { Image = file.Path, Label = file.Label }));

    public ImageLocalization Locate(IDataView data, LocalizationOptions? options = null) => Locate(Model, data, options);

    public ImageLocalization Locate(ImageClassifierTransformer model, IDataView data, LocalizationOptions? options = null) =>
        _context.MulticlassClassification.EvaluateImageLocalization(model, data, Boxes, options);

    /// <summary>What one kind of map finds, computed in the pixels of each photo.</summary>
    public MapLocalization ByHand(ImageMapKind kind, double threshold)
    {
        var seen = Photos.Select(photo =>
        {
            var map = photo.Maps.Single(map => map.Kind == kind);
            var box = Located(photo, map, threshold);
            var (x, y) = Whole(map).Peak();
            (x, y) = (x * photo.Width / ExplainedModel.Side, y * photo.Height / ExplainedModel.Side);
            // The tolerance is in the network's pixels, of which a photo's sides have different numbers.
            bool IsIn(ImageBox truth, double pixels)
            {
                var (right, down) = (pixels * photo.Width / ExplainedModel.Side, pixels * photo.Height / ExplainedModel.Side);
                return x >= truth.Left - right && x < truth.Left + truth.Width + right &&
                    y >= truth.Top - down && y < truth.Top + truth.Height + down;
            }
            return (
                Overlap: Boxes[photo.Path].Max(truth => Overlap(box, truth)), photo.Rank,
                Points: Boxes[photo.Path].Any(truth => IsIn(truth, 15)), Inside: Boxes[photo.Path].Any(truth => IsIn(truth, 0)));
        }).ToList();
        double Fraction(Func<(double Overlap, int Rank, bool Points, bool Inside), bool> counts) => (double)seen.Count(counts) / seen.Count;
        return new MapLocalization(
            kind, threshold, Fraction(one => one.Overlap >= 0.5), Fraction(one => one.Overlap >= 0.5 && one.Rank < 1),
            Fraction(one => one.Overlap >= 0.5 && one.Rank < 5), seen.Average(one => one.Overlap), Fraction(one => one.Points),
            Fraction(one => one.Inside));
    }

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }

    /// <summary>The network sees the whole photo, its sides both of its own size.</summary>
    private SeenPhoto See(RgbImage photo, int number)
    {
        using var session = new MapSession(_context, _trained, new ScoringOptions(), includesStages: false, typeof(LocalizedModel));
        var whole = Resampler.Resize(photo, ExplainedModel.Side, ExplainedModel.Side, ResamplingKernel.Bicubic);
        var values = new float[session.Input.Length];
        session.Input.Write(whole, values);
        var maps = session.Run(values, 1)[0];
        var order = Enumerable.Range(0, Classes.Length).OrderByDescending(index => maps.Logits[index]).ToList();
        var label = order[_ranks[number]];
        var path = _folder.Write($"{number}.png", PhotoFolder.Png(photo));
        return new SeenPhoto(path, photo.Width, photo.Height, Classes[label], _ranks[number], maps.Of(label));
    }

    private static LocalizationMap Whole(ImageMap map) =>
        new(map.Resize(ExplainedModel.Side, ExplainedModel.Side).Array, ExplainedModel.Side, ExplainedModel.Side);

    /// <summary>The box that a map gives, in the photo's pixels.</summary>
    private static ImageBox Located(SeenPhoto photo, ImageMap map, double threshold)
    {
        var box = Whole(map).Box(threshold);
        var (x, y) = ((double)photo.Width / ExplainedModel.Side, (double)photo.Height / ExplainedModel.Side);
        return new ImageBox(box.Left * x, box.Top * y, box.Width * x, box.Height * y);
    }

    private static double Overlap(ImageBox one, ImageBox other)
    {
        var width = Math.Min(one.Left + one.Width, other.Left + other.Width) - Math.Max(one.Left, other.Left);
        var height = Math.Min(one.Top + one.Height, other.Top + other.Height) - Math.Max(one.Top, other.Top);
        var common = Math.Max(0, width) * Math.Max(0, height);
        return common / (one.Width * one.Height + other.Width * other.Height - common);
    }

    /// <summary>A photo and what the network says of it.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Width">In pixels.</param>
    /// <param name="Height">In pixels.</param>
    /// <param name="Label">Its class.</param>
    /// <param name="Rank">How many classes are more probable.</param>
    /// <param name="Maps">Those of its class.</param>
    internal sealed record SeenPhoto(string Path, int Width, int Height, string Label, int Rank, IReadOnlyList<ImageMap> Maps);

    private sealed class LabeledFile
    {
        public string Image { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
