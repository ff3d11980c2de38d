using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer.AutoML;

namespace Conformer.Cli.Sweeping;

/// <summary>
/// The models worth keeping, on the disk as soon as they are found: the best one, and that of trial 0, the default options, to compare it
/// with.
/// </summary>
internal sealed class BestModels(MLContext mlContext, DataViewSchema inputSchema, TrialJournal journal, SweepSettings settings)
{
    /// <summary>The trial with the default options.</summary>
    public const int DefaultsId = 0;

    private readonly string _folder = FolderIn(settings.Output);

    /// <summary>Makes and tests the folders that models are saved to.</summary>
    /// <exception cref="IOException">One cannot be used; the message says why.</exception>
    public static void Prepare(string outputFolder)
    {
        ResultFiles.Prepare(outputFolder, "--output");
        ResultFiles.Prepare(FolderIn(outputFolder), "the models of trials (--output)");
        ResultFiles.PrepareTemporaryFolder();
    }

    /// <summary>Saves the model of a new best trial.</summary>
    public void Save(TrialResult result)
    {
        var id = result.TrialSettings.TrialId;
        var files = new ResultFiles(_folder);
        using (result.Model as IDisposable)
            Of(id).Save(files, mlContext, result.Model, inputSchema,
                ((IEnumerable<ITransformer>)result.Model).OfType<ImageClassifierTransformer>().Single().SaveAsOnnx);
        files.ThrowIfAnyFailed();
    }

    /// <summary>Drops the models that are no longer needed, now that this trial's is saved.</summary>
    public void DropAllBut(int id) => Drop(except: [DefaultsId, id, journal.Best?.Id ?? id]);

    /// <summary>Puts the best model's files where they are expected.</summary>
    public SavedModel Publish(int id)
    {
        Drop(except: [DefaultsId, id]);
        var published = SavedModel.In(settings.Output, "model");
        var files = new ResultFiles(settings.Output);
        Of(id).CopyTo(files, published);
        files.ThrowIfAnyFailed();
        return published;
    }

    /// <summary>Opens the model of a trial, of an earlier run too; null where it was not kept.</summary>
    public ImageClassifierTransformer? Open(int id) => Of(id) is var saved && File.Exists(saved.Zip)
        ? mlContext.Model.LoadImageClassifier(saved.Zip, Scoring, nameof(ImageFile.ImagePath))
        : null;

    private ScoringOptions Scoring => new() { IntraOpThreads = settings.Training.Threads, BadImages = settings.Training.BadImages };

    private static string FolderIn(string outputFolder) => Path.Combine(outputFolder, "models");

    private SavedModel Of(int id) => SavedModel.In(_folder, $"trial-{id}");

    private void Drop(IEnumerable<int> except)
    {
        var kept = except.Select(Of).SelectMany(saved => new[] { saved.Zip, saved.Onnx }).ToHashSet();
        foreach (var file in Directory.GetFiles(Path.GetFullPath(_folder), "trial-*").Where(file => !kept.Contains(file)))
            File.Delete(file);
    }
}
