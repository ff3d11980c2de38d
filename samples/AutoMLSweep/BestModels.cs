using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Conformer.AutoML;

namespace AutoMLSweep;

/// <summary>
/// The models worth keeping, on the disk as soon as they are found: the best one, and that of trial 0, the default options, to compare it
/// with.
/// </summary>
internal sealed class BestModels(MLContext mlContext, DataViewSchema inputSchema, TrialJournal journal, string outputFolder) : IDisposable
{
    /// <summary>The trial with the default options.</summary>
    public const int DefaultsId = 0;

    private readonly string _folder = Path.Combine(outputFolder, "models");
    private readonly Dictionary<int, ITransformer> _models = [];

    /// <summary>Path of the best model's ML.NET pipeline.</summary>
    public string Zip => Path.GetFullPath(Path.Combine(outputFolder, "model.zip"));

    /// <summary>Path of the best model's network for ONNX Runtime.</summary>
    public string Onnx => Path.GetFullPath(Path.Combine(outputFolder, "model.onnx"));

    /// <summary>Saves the model of a new best trial and drops those that are no longer needed.</summary>
    public void Save(TrialResult result)
    {
        var id = result.TrialSettings.TrialId;
        Directory.CreateDirectory(_folder);
        var network = ((IEnumerable<ITransformer>)result.Model).OfType<ImageClassifierTransformer>().Single();
        network.SaveAsOnnx(OnnxOf(id));
        var unfinished = ZipOf(id) + ".tmp";
        mlContext.Model.Save(result.Model, inputSchema, unfinished);
        File.Move(unfinished, ZipOf(id), overwrite: true);
        _models[id] = result.Model;
        Drop(except: [DefaultsId, id, journal.Best?.Id ?? id]);
    }

    /// <summary>Puts the best model's files where they are expected; each replaces an older one only when it is complete.</summary>
    public void Publish(int id)
    {
        Drop(except: [DefaultsId, id]);
        foreach (var (from, to) in new[] { (ZipOf(id), Zip), (OnnxOf(id), Onnx) })
        {
            File.Copy(from, to + ".tmp", overwrite: true);
            File.Move(to + ".tmp", to, overwrite: true);
        }
    }

    /// <summary>A kept model: from memory, or where it is an earlier run's from its file. Null where it was not kept.</summary>
    public ITransformer? Find(int id)
    {
        if (!_models.TryGetValue(id, out var model) && File.Exists(ZipOf(id)))
            model = _models[id] = mlContext.Model.Load(ZipOf(id), out _);
        return model;
    }

    public void Dispose()
    {
        foreach (var model in _models.Values)
            (model as IDisposable)?.Dispose();
        _models.Clear();
    }

    private string ZipOf(int id) => Path.Combine(_folder, $"trial-{id}.zip");

    private string OnnxOf(int id) => Path.Combine(_folder, $"trial-{id}.onnx");

    private void Drop(IReadOnlyCollection<int> except)
    {
        foreach (var id in _models.Keys.Except(except).ToList())
        {
            (_models[id] as IDisposable)?.Dispose();
            _models.Remove(id);
        }
        var kept = except.SelectMany(id => new[] { ZipOf(id), OnnxOf(id) }).ToHashSet();
        foreach (var file in Directory.EnumerateFiles(_folder, "trial-*").Where(file => !kept.Contains(file)).ToList())
            File.Delete(file);
    }
}
