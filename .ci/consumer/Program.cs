// Trains one step on four generated images, scores them, and says so.
using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

var mlContext = new MLContext(seed: 1);
var rows = Enumerable.Range(0, 4).Select(i => new Row { Label = i % 2 == 0 ? "dark" : "light", Image = Photo((byte)(i % 2 * 200 + i)) });
var data = mlContext.Data.LoadFromEnumerable(rows.ToList());
var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    .Append(mlContext.MulticlassClassification.Trainers.Conformer(new ConformerTrainer.Options
    {
        ImageSize = Row.Side,
        Epochs = 1,
        BatchSize = 4,
    }));
var model = pipeline.Fit(data);
var scores = model.Transform(data).GetColumn<float[]>("Score").ToList();
Console.WriteLine($"trained one step; scores {string.Join(", ", scores.Select(score => score[0].ToString("0.000")))}");
return scores.All(score => Math.Abs(score.Sum() - 1) < 1e-4) ? 0 : 1;

static MLImage Photo(byte value)
{
    var pixels = new byte[4 * Row.Side * Row.Side];
    Array.Fill(pixels, value);
    return MLImage.CreateFromPixels(Row.Side, Row.Side, MLPixelFormat.Rgba32, pixels);
}

internal sealed class Row
{
    public const int Side = 64;

    public string Label { get; set; } = "";

    [ImageType(Side, Side)]
    public MLImage? Image { get; set; }
}
