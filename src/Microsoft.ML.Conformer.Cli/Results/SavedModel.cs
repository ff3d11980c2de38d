
namespace Conformer.Cli.Results;

/// <summary>The two files of a trained model: an ML.NET pipeline, and its network for ONNX Runtime.</summary>
/// <param name="Zip">Path of the pipeline.</param>
/// <param name="Onnx">Path of the network.</param>
internal sealed record SavedModel(string Zip, string Onnx)
{
    /// <summary>The files of a name in a folder.</summary>
    public static SavedModel In(string folder, string name)
    {
        var path = Path.GetFullPath(Path.Combine(folder, name));
        return new SavedModel(path + ".zip", path + ".onnx");
    }

    /// <summary>Writes both files; each replaces an older one only when it is complete.</summary>
    /// <param name="files">Told what fails.</param>
    /// <param name="mlContext">The ML.NET context.</param>
    /// <param name="pipeline">The trained pipeline; one step of it is the network.</param>
    /// <param name="inputSchema">The columns that it was trained on.</param>
    /// <param name="options">What the ONNX file takes and gives; null for the defaults.</param>
    public void Save(
        ResultFiles files, MLContext mlContext, ITransformer pipeline, DataViewSchema inputSchema, OnnxExportOptions? options = null)
    {
        files.Save(Path.GetFileName(Zip), stream => mlContext.Model.Save(pipeline, inputSchema, stream));
        var network = ((IEnumerable<ITransformer>)pipeline).OfType<ImageClassifierTransformer>().Single();
        files.SaveTo(Path.GetFileName(Onnx), path => network.SaveAsOnnx(path, options ?? new OnnxExportOptions()));
    }

    /// <summary>Copies both files; each replaces an older one only when it is complete.</summary>
    /// <param name="files">Told what fails.</param>
    /// <param name="target">The copies.</param>
    public void CopyTo(ResultFiles files, SavedModel target)
    {
        foreach (var (from, to) in new[] { (Zip, target.Zip), (Onnx, target.Onnx) })
        {
            files.Save(Path.GetFileName(to), stream =>
            {
                using var original = File.OpenRead(from);
                original.CopyTo(stream);
            });
        }
    }
}
