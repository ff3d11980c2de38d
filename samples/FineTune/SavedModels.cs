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
    /// <summary>Writes both files to <paramref name="folder"/>; each replaces an older one only when it is complete.</summary>
    public static SavedModels Save(
        MLContext mlContext, TransformerChain<KeyToValueMappingTransformer> model, ConformerTransformer network, DataViewSchema inputSchema,
        string folder)
    {
        Directory.CreateDirectory(folder);
        var target = Path.GetFullPath(folder);
        var saved = new SavedModels(Path.Combine(target, "model.zip"), Path.Combine(target, "model.onnx"));
        var unfinished = saved.Zip + ".tmp";
        try
        {
            mlContext.Model.Save(model, inputSchema, unfinished);
            File.Move(unfinished, saved.Zip, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
        network.SaveAsOnnx(saved.Onnx);
        return saved;
    }
}
