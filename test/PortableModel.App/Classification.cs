using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace PortableModel;

/// <summary>Scores photos both ways that ML.NET offers.</summary>
internal static class Classification
{
    /// <summary>Scores with a model that it disposes.</summary>
    public static Report Run<TLabel>(MLContext context, ITransformer model, IReadOnlyList<string> files)
    {
        var photos = files.Select(file => new Photo { ImagePath = file }).ToList();
        var view = model.Transform(context.Data.LoadFromEnumerable(photos));
        var inView = context.Data.CreateEnumerable<Prediction<TLabel>>(view, reuseRowObject: false).Select(Describe).ToList();

        using var engine = context.Model.CreatePredictionEngine<Photo, Prediction<TLabel>>(model);
        var inEngine = photos.ConvertAll(photo => Describe(engine.Predict(photo)));

        var assemblies = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name!).Order();
        return new Report(inView, inEngine, [.. view.Schema.Select(column => column.Name)], [.. assemblies]);
    }

    private static ScoredPhoto Describe<TLabel>(Prediction<TLabel> prediction) =>
        new(Convert.ToString(prediction.PredictedLabel, CultureInfo.InvariantCulture), prediction.Score);

    private sealed class Photo
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Prediction<TLabel>
    {
        public TLabel? PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }
}
