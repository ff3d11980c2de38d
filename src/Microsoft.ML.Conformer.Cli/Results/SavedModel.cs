
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
    /// <param name="pipeline">The trained pipeline.</param>
    /// <param name="inputSchema">The columns that it was trained on.</param>
    /// <param name="saveAsOnnx">Writes its network's ONNX file.</param>
    public void Save(
        ResultFiles files, MLContext mlContext, ITransformer pipeline, DataViewSchema inputSchema, Action<string> saveAsOnnx)
    {
        files.Save(Path.GetFileName(Zip), stream => mlContext.Model.Save(pipeline, inputSchema, stream));
        files.SaveTo(Path.GetFileName(Onnx), saveAsOnnx);
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
