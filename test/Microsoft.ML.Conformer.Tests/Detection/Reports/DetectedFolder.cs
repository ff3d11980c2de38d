using System.Text.Json;
using Microsoft.ML.Conformer.Detection;
using Microsoft.ML.Conformer.Detection.Scoring;

namespace Microsoft.ML.Conformer.Tests.Detection.Reports;

/// <summary>Photos in files, a detector by formula, and COCO's JSON that has what it finds in them as the truth.</summary>
internal sealed class DetectedFolder : IDisposable
{
    public static readonly MLContext Context = new(seed: 1);

    private const int Photos = 3, MostTried = 20;

    private static readonly (int Width, int Height)[] _sizes = [(128, 96), (90, 128), (200, 150)];

    private readonly TemporaryFolder _folder = new();

    public DetectedFolder(DetectionHead head)
    {
        Model = new(Context, DetectorPhoto.Model(head), DetectorColumns.Default with { Image = "ImagePath" }, new ScoringOptions());
        var found = new List<DetectedRow>();
        for (var (tried, number) = (0, 0); number < Photos; tried++)
        {
            Assert.IsLessThan(MostTried, tried, "no photo has objects of some size only");
            File.WriteAllBytes(Photo(number), DetectorPhoto.Rgb(tried, _sizes[number]).ToPng());
            var row = Find(number);
            // Objects below a pixel would not be read back.
            if (!row.PredictedBoundingBoxes.Chunk(4).All(box => box[2] - box[0] >= 1.01 && box[3] - box[1] >= 1.01))
                continue;
            found.Add(row);
            number++;
        }
        Found = found;
    }

    public ObjectDetectorTransformer Model { get; }

    /// <summary>What the detector finds in each photo.</summary>
    public IReadOnlyList<DetectedRow> Found { get; }

    public string Photo(int number) => _folder.File($"{number}.png");

    public string Output(string name) => _folder.File(name);

    /// <summary>What the detector finds as the truth, scored by it.</summary>
    /// <param name="change">Changes the truth's boxes: by image, place and box; null leaves the object out.</param>
    public IDataView Scored(Func<int, int, float[], float[]?>? change = null)
    {
        var objects = Found.SelectMany((row, image) => row.PredictedBoundingBoxes.Chunk(4).Select((edges, place) => (
            image, row.PredictedLabel[place], Box: change is null ? edges : change(image, place, edges),
            Mask: row.PredictedMasks.ElementAtOrDefault(place))));
        var json = JsonSerializer.Serialize(new
        {
            images = _sizes.Select((size, number) => new { id = number, file_name = $"{number}.png", width = size.Width, height = size.Height }),
            categories = DetectorPhoto.Classes.Select((name, index) => new { id = index + 1, name }),
            annotations = objects.Where(one => one.Box is not null).Select(one => new
            {
                image_id = one.image,
                category_id = one.Item2,
                bbox = new[] { one.Box![0], one.Box[1], one.Box[2] - one.Box[0], one.Box[3] - one.Box[1] },
                segmentation = one.Mask is null ? null
                    : new { counts = one.Mask, size = new[] { _sizes[one.image].Height, _sizes[one.image].Width } },
            }),
        });
        File.WriteAllText(_folder.File("coco.json"), json);
        return Model.Transform(Context.Data.LoadFromCoco(_folder.File("coco.json")));
    }

    private DetectedRow Find(int number) => Context.Data.CreateEnumerable<DetectedRow>(
        Model.Transform(Context.Data.LoadFromEnumerable([new PathRow { ImagePath = Photo(number), Number = number }])),
        reuseRowObject: false, ignoreMissingColumns: true).Single();

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";

        public int Number { get; set; }
    }
}
