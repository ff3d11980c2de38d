using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>The file that a model is read from, which stays there as long as the model is used.</summary>
/// <param name="Path">The file's path.</param>
/// <param name="IsOwned">Whether to delete it in the end.</param>
internal sealed record OnnxModelFile(string Path, bool IsOwned)
{
    /// <summary>The user's own file.</summary>
    public static OnnxModelFile Of(OnnxOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.ModelFile))
            throw Contracts.ExceptParam(nameof(options.ModelFile), "ModelFile cannot be null or whitespace");
        if (!File.Exists(options.ModelFile))
            throw new IOException($"Model file {options.ModelFile} does not exists.");
        return new(options.ModelFile, IsOwned: false);
    }

    /// <summary>A temporary copy of a stream, from its start. As in the real package nobody deletes it.</summary>
    public static OnnxModelFile Copy(IHostEnvironment env, Stream model)
    {
        var path = NewPath(env);
        using (var file = File.Create(path))
        {
            model.Seek(0, SeekOrigin.Begin);
            model.CopyTo(file);
        }

        return new(path, IsOwned: false);
    }

    /// <summary>A temporary file with the bytes, deleted in the end.</summary>
    public static OnnxModelFile Write(IHostEnvironment env, byte[] model)
    {
        var path = NewPath(env);
        File.WriteAllBytes(path, model);
        return new(path, IsOwned: true);
    }

    private static string NewPath(IHostEnvironment env) =>
        System.IO.Path.Combine(((IHostEnvironmentInternal)env).TempFilePath, System.IO.Path.GetRandomFileName());
}
