using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.AutoML;
using Samples.Shared;

namespace AutoMLSweep;

/// <summary>
/// The models worth keeping, on the disk as soon as they are found: the best one, and that of trial 0, the default options, to compare it
/// with.
/// </summary>
internal sealed class BestModels(MLContext mlContext, DataViewSchema inputSchema, TrialJournal journal, string outputFolder)
{
    /// <summary>The trial with the default options.</summary>
    public const int DefaultsId = 0;

    private readonly string _folder = Path.Combine(outputFolder, "models");

    /// <summary>Saves the model of a new best trial and drops those that are no longer needed.</summary>
    public void Save(TrialResult result)
    {
        var id = result.TrialSettings.TrialId;
        using (result.Model as IDisposable)
            Of(id).Save(mlContext, result.Model, inputSchema);
        Drop(except: [DefaultsId, id, journal.Best?.Id ?? id]);
    }

    /// <summary>Puts the best model's files where they are expected.</summary>
    public SavedModel Publish(int id)
    {
        Drop(except: [DefaultsId, id]);
        var published = SavedModel.In(outputFolder, "model");
        Of(id).CopyTo(published);
        return published;
    }

    /// <summary>Opens the model of a trial, of an earlier run too; null where it was not kept.</summary>
    public ImageClassifierTransformer? Open(int id) => Of(id) is var saved && File.Exists(saved.Zip)
        ? mlContext.Model.LoadImageClassifier(saved.Zip)
        : null;

    private SavedModel Of(int id) => SavedModel.In(_folder, $"trial-{id}");

    private void Drop(IEnumerable<int> except)
    {
        var kept = except.Select(Of).SelectMany(saved => new[] { saved.Zip, saved.Onnx }).ToHashSet();
        foreach (var file in Directory.GetFiles(Path.GetFullPath(_folder), "trial-*").Where(file => !kept.Contains(file)))
            File.Delete(file);
    }
}
