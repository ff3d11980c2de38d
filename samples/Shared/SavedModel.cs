using Microsoft.ML;
using Microsoft.ML.Conformer;

namespace Samples.Shared;

/// <summary>The two files of a trained model: an ML.NET pipeline, and its network for ONNX Runtime.</summary>
/// <param name="Zip">Path of the pipeline.</param>
/// <param name="Onnx">Path of the network.</param>
public sealed record SavedModel(string Zip, string Onnx)
{
    /// <summary>The files of a name in a folder.</summary>
    public static SavedModel In(string folder, string name)
    {
        var path = Path.GetFullPath(Path.Combine(folder, name));
        return new SavedModel(path + ".zip", path + ".onnx");
    }

    /// <summary>Writes both files; each replaces an older one only when it is complete.</summary>
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="pipeline">The trained pipeline; one step of it is the network.</param>
    /// <param name="inputSchema">The columns that it was trained on.</param>
    /// <param name="options">What the ONNX file takes and gives; null for the defaults.</param>
    public void Save(MLContext mlContext, ITransformer pipeline, DataViewSchema inputSchema, OnnxExportOptions? options = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Zip)!);
        Replace(Zip, unfinished => mlContext.Model.Save(pipeline, inputSchema, unfinished));
        var network = ((IEnumerable<ITransformer>)pipeline).OfType<ImageClassifierTransformer>().Single();
        network.SaveAsOnnx(Onnx, options ?? new OnnxExportOptions());
    }

    /// <summary>Copies both files; each replaces an older one only when it is complete.</summary>
    public void CopyTo(SavedModel target)
    {
        Replace(target.Zip, unfinished => File.Copy(Zip, unfinished, overwrite: true));
        Replace(target.Onnx, unfinished => File.Copy(Onnx, unfinished, overwrite: true));
    }

    private static void Replace(string path, Action<string> write)
    {
        var unfinished = path + ".tmp";
        try
        {
            write(unfinished);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
