using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>A model that is ready to run, with what ML.NET needs to know of it.</summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly FileStream _file;

    /// <exception cref="OnnxRuntimeException">ONNX Runtime cannot load the model, or lacks the device.</exception>
    public OnnxModel(OnnxModelFile file, OnnxOptions options)
    {
        _session = CreateSession(file.Path, options);
        try
        {
            var shapes = options.ShapeDictionary ?? new Dictionary<string, int[]>();
            Inputs = VariablesOf(_session.InputMetadata, shapes);
            Outputs = VariablesOf(_session.OutputMetadata, shapes);
            Initializers = VariablesOf(_session.OverridableInitializerMetadata, shapes);
            SlotNames = SlotNamesReader.Read(file.Path, options.RecursionLimit);
            // Held open, so that the file is there for Save, and gone afterwards if it is ours.
            _file = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 4096,
                file.IsOwned ? FileOptions.DeleteOnClose : FileOptions.None);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    public IReadOnlyList<OnnxVariable> Inputs { get; }

    public IReadOnlyList<OnnxVariable> Outputs { get; }

    /// <summary>Initializers that an input may replace.</summary>
    public IReadOnlyList<OnnxVariable> Initializers { get; }

    /// <summary>The slot names that the model carries, by output column.</summary>
    public IReadOnlyDictionary<string, string[]> SlotNames { get; }

    public byte[] ReadBytes() => File.ReadAllBytes(_file.Name);

    public OnnxVariable GetInput(string name) =>
        Inputs.Concat(Initializers).FirstOrDefault(input => input.Name == name) ?? throw Contracts.ExceptParam(nameof(name),
            $"Input tensor, {name}, does not exist in the ONNX model. Available input names are [{Names(Inputs)}]. " +
            $"Available initializers are [{Names(Initializers)}]");

    public OnnxVariable GetOutput(string name) =>
        Outputs.FirstOrDefault(output => output.Name == name) ?? throw Contracts.ExceptParam(nameof(name),
            $"Ouput tensor, {name}, does not exist in the ONNX model. Available output names are [{Names(Outputs)}].");

    public IDisposableReadOnlyCollection<DisposableNamedOnnxValue> Run(
        IReadOnlyCollection<NamedOnnxValue> inputs, IReadOnlyCollection<string> outputs) =>
        _session.Run(inputs, outputs);

    public void Dispose()
    {
        _session.Dispose();
        _file.Dispose();
    }

    private static string Names(IEnumerable<OnnxVariable> variables) => string.Join(",", variables.Select(variable => variable.Name));

    private static OnnxVariable[] VariablesOf(IReadOnlyDictionary<string, NodeMetadata> metadata, IDictionary<string, int[]> shapes) =>
        metadata
            .Where(pair => !pair.Key.StartsWith("mlnet.", StringComparison.Ordinal)
                || !(pair.Key.EndsWith(".unusedInput", StringComparison.Ordinal)
                    || pair.Key.EndsWith(".unusedOutput", StringComparison.Ordinal)))
            .Select(pair => new OnnxVariable(pair.Key, pair.Value, shapes))
            .ToArray();

    private static InferenceSession CreateSession(string path, OnnxOptions options)
    {
        if (options.GpuDeviceId is { } device)
        {
            try
            {
                using var cuda = SessionOptions.MakeSessionOptionWithCudaProvider(device);
                return CreateSession(path, cuda, options);
            }
            catch (OnnxRuntimeException) when (options.FallbackToCpu)
            {
            }
        }

        using var cpu = new SessionOptions();
        return CreateSession(path, cpu, options);
    }

    private static InferenceSession CreateSession(string path, SessionOptions sessionOptions, OnnxOptions options)
    {
        sessionOptions.InterOpNumThreads = options.InterOpNumThreads ?? 0;
        sessionOptions.IntraOpNumThreads = options.IntraOpNumThreads ?? 0;
        return new(path, sessionOptions);
    }
}
