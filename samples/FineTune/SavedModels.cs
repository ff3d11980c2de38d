using Microsoft.ML;
using Microsoft.ML.Conformer;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace FineTune;

/// <summary>The two files that a training leaves: an ML.NET pipeline and a network for ONNX Runtime.</summary>
/// <param name="Zip">Path of model.zip.</param>
/// <param name="Onnx">Path of model.onnx.</param>
internal sealed record SavedModels(string Zip, string Onnx)
{
    /// <summary>Writes both files to the output folder; each replaces an older one only when it is complete.</summary>
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="model">The trained pipeline.</param>
    /// <param name="training">The images that it was trained on: columns ImagePath and Label.</param>
    /// <param name="settings">What the command line asks for.</param>
    public static SavedModels Save(
        MLContext mlContext, TransformerChain<KeyToValueMappingTransformer> model, IDataView training, Settings settings)
    {
        var folder = settings.OutputFolder;
        Directory.CreateDirectory(folder);
        var target = Path.GetFullPath(folder);
        var saved = new SavedModels(Path.Combine(target, "model.zip"), Path.Combine(target, "model.onnx"));
        var unfinished = saved.Zip + ".tmp";
        try
        {
            mlContext.Model.Save(model, training.Schema, unfinished);
            File.Move(unfinished, saved.Zip, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
        model.OfType<ImageClassifierTransformer>().Single().SaveAsOnnx(saved.Onnx, new OnnxExportOptions
        {
            Precision = settings.Precision,
            CalibrationImages = model.First().Transform(training), // the first step loads the images
        });
        return saved;
    }
}
